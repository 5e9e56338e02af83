import { type JsonValue, RegardError } from '@regard/contract';
import { hashSecret } from '@regard/service-kit';
import type { Database, DatabaseTransaction, SessionRow, VerifierStatus } from './schema.ts';

/** The person's link is good this long until it is opened, and this long after. */
export const UNOPENED_DAYS = 7;
export const OPENED_SECONDS = 3600;

export interface NewSession {
  id: string;
  /** The secret of the page's link; only its hash is stored. */
  token: string;
  workflowId: string;
  vendorData: string | null;
  callback: string | null;
  metadata: JsonValue | null;
  language: string;
  /** The gateway's session this is a step of. */
  stepOf: string | null;
  /** Sealed template of the portrait sent along. */
  reference: Buffer | null;
  createdAt: Date;
}

export function insertSession(db: Database, session: NewSession): Promise<SessionRow> {
  return db
    .insertInto('biometrics.sessions')
    .values({
      id: session.id,
      token_hash: hashSecret(session.token),
      workflow_id: session.workflowId,
      vendor_data: session.vendorData,
      callback: session.callback,
      metadata: session.metadata === null ? null : JSON.stringify(session.metadata),
      language: session.language,
      step_of: session.stepOf,
      status: 'Not Started',
      reference: session.reference,
      created_at: session.createdAt,
      deadline: new Date(session.createdAt.getTime() + UNOPENED_DAYS * 86_400_000),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findSession(db: Database, id: string): Promise<SessionRow | null> {
  const query = db.selectFrom('biometrics.sessions').selectAll().where('id', '=', id);
  return (await query.executeTakeFirst()) ?? null;
}

/** The session of a page's link. */
export async function findSessionByToken(db: Database, token: string): Promise<SessionRow | null> {
  const query = db
    .selectFrom('biometrics.sessions')
    .selectAll()
    .where('token_hash', '=', hashSecret(token));
  return (await query.executeTakeFirst()) ?? null;
}

/** The newest step of the gateway's session that still has the reference it was opened with. */
export async function findReferenceOfStep(
  db: Database,
  stepOf: string,
  subject: string | null,
): Promise<{ id: string; workflowId: string; reference: Buffer } | null> {
  const row = await db
    .selectFrom('biometrics.sessions')
    .select(['id', 'workflow_id as workflowId', 'reference'])
    .where('step_of', '=', stepOf)
    .where('vendor_data', 'is not distinct from', subject)
    .where('reference', 'is not', null)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.reference ? { ...row, reference: row.reference } : null;
}

/** Forgets the references of finished sessions that no further step can need any more. */
export async function forgetOldReferences(db: Database, now: Date): Promise<void> {
  await db
    .updateTable('biometrics.sessions')
    .set({ reference: null })
    .where('reference', 'is not', null)
    .where('finished_at', 'is not', null)
    .where('deadline', '<=', now)
    .execute();
}

/** Whether the session still takes pictures. */
export function isOpen(session: Pick<SessionRow, 'status' | 'deadline'>, now: Date): boolean {
  return isUnfinished(session.status) && session.deadline > now;
}

function isUnfinished(status: VerifierStatus): boolean {
  return status === 'Not Started' || status === 'In Progress';
}

/**
 * Locks a session that still takes pictures until the transaction ends. Every change of a session
 * goes through here or through the sweep, so there is never a second verdict.
 *
 * @throws RegardError RGD_CAPTURE_CLOSED when it is finished, overdue or deleted by now
 */
export async function lockOpenSession(
  trx: DatabaseTransaction,
  id: string,
  now: Date,
): Promise<SessionRow> {
  const session = await trx
    .selectFrom('biometrics.sessions')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!session || !isOpen(session, now)) throw new RegardError('RGD_CAPTURE_CLOSED');
  return session;
}

/** Locks some overdue sessions nobody else is working on. */
export function lockOverdueSessions(
  trx: DatabaseTransaction,
  now: Date,
  limit: number,
): Promise<SessionRow[]> {
  return trx
    .selectFrom('biometrics.sessions')
    .selectAll()
    .where('status', 'in', ['Not Started', 'In Progress'])
    .where('deadline', '<=', now)
    .orderBy('deadline')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

type Changes = Partial<
  Pick<SessionRow, 'status' | 'attempts_used' | 'capture_state' | 'reference' | 'deadline'>
>;

/** Changes a row this transaction has locked, and gives it as it is then. */
export async function changeSession(
  trx: DatabaseTransaction,
  session: SessionRow,
  changes: Changes,
): Promise<SessionRow> {
  await trx.updateTable('biometrics.sessions').set(changes).where('id', '=', session.id).execute();
  return { ...session, ...changes };
}
