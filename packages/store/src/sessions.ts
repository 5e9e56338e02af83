import { type ListSessionsQuery, type SessionStatus, UNFINISHED_STATUSES } from '@regard/contract';
import type { Charge } from '@regard/policy';
import { type Insertable, type SelectQueryBuilder, sql } from 'kysely';
import type {
  Database,
  DatabaseTransaction,
  Purpose,
  ReauthSchema,
  Session,
  SessionEventRow,
  SessionsTable,
} from './schema.ts';
import { recordStart } from './transition.ts';
import { recordUsage } from './usage.ts';

export type NewSession = Insertable<SessionsTable>;

export type InsertResult =
  | { ok: true; session: Session }
  /** Another request opened a session for the same user and workflow first. */
  | { ok: false; reason: 'ALREADY_OPEN' };

/** The next number of a session in its application. Gaps are possible, repeats are not. */
export async function nextSessionNumber(db: Database, applicationId: string): Promise<number> {
  const row = await db
    .updateTable('reauth.applications')
    .set({ last_session_number: sql`last_session_number + 1` })
    .where('id', '=', applicationId)
    .returning('last_session_number')
    .executeTakeFirstOrThrow();
  return row.last_session_number;
}

/**
 * Stores a new session with the events of the statuses it starts with, in one transaction. A session
 * that waits for the person also takes the place of the user's open one, if it is free.
 *
 * @param path the statuses from `Not Started` on, the session's own last
 * @param charge what a session that is decided at once is metered at
 */
export function insertSession(
  db: Database,
  values: NewSession,
  path: readonly SessionStatus[],
  charge: Charge | null = null,
): Promise<InsertResult> {
  return db.transaction().execute(async (trx) => {
    if (path.length === 1 && !(await claimOpenPlace(trx, values))) {
      return { ok: false, reason: 'ALREADY_OPEN' };
    }
    const session = await trx
      .insertInto('reauth.sessions')
      .values(values)
      .returningAll()
      .executeTakeFirstOrThrow();
    const change = { by: 'entry' as const, now: session.created_at, reason: session.entry_reason };
    await recordStart(trx, session, path, change);
    if (charge !== null) await recordUsage(trx, session, charge, session.created_at);
    return { ok: true, session };
  });
}

async function claimOpenPlace(trx: DatabaseTransaction, values: NewSession): Promise<boolean> {
  // One that is overdue, but not ended by the clock yet, holds its place against nobody.
  if (values.user_id != null) {
    await trx
      .updateTable('reauth.open_sessions')
      .set({ reusable: false })
      .where('user_id', '=', values.user_id)
      .where('workflow_id', '=', values.workflow_id)
      .where('workflow_version', '=', values.workflow_version)
      .where('purpose', '=', values.purpose)
      .where('reusable', '=', true)
      .where('deadline', '<=', values.created_at)
      .execute();
  }
  const inserted = await trx
    .insertInto('reauth.open_sessions')
    .values({
      session_id: values.id,
      user_id: values.user_id ?? null,
      workflow_id: values.workflow_id,
      workflow_version: values.workflow_version,
      purpose: values.purpose,
      reusable: true,
      deadline: values.deadline,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function findSession(db: Database, id: string): Promise<Session | null> {
  const row = await db
    .selectFrom('reauth.sessions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** A session of an application; another application's is as unknown as none. */
export async function findOwnSession(
  db: Database,
  applicationId: string,
  id: string,
): Promise<Session | null> {
  const session = await findSession(db, id);
  return session?.application_id === applicationId ? session : null;
}

/** The session's row, locked until the transaction ends. */
export async function lockSession(trx: DatabaseTransaction, id: string): Promise<Session | null> {
  const row = await trx
    .selectFrom('reauth.sessions')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** Our session behind a provider's, for providers that do not echo our id. */
export async function findIdByProviderSession(
  db: Database,
  providerSessionId: string,
): Promise<string | null> {
  const row = await db
    .selectFrom('reauth.sessions')
    .select('id')
    .where('provider_session_id', '=', providerSessionId)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** The user's unfinished session of this workflow version, which a repeated create gets again. */
export async function findReusableSession(
  db: Database,
  wanted: { userId: string; workflowId: string; workflowVersion: number; purpose: Purpose },
  now: Date,
): Promise<Session | null> {
  const row = await db
    .selectFrom('reauth.open_sessions as open')
    .innerJoin('reauth.sessions as session', 'session.id', 'open.session_id')
    .selectAll('session')
    .where('open.user_id', '=', wanted.userId)
    .where('open.workflow_id', '=', wanted.workflowId)
    .where('open.workflow_version', '=', wanted.workflowVersion)
    .where('open.purpose', '=', wanted.purpose)
    .where('open.reusable', '=', true)
    .where('open.deadline', '>', now)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Changes columns of a session that is still unfinished, its status aside.
 *
 * @returns the changed session, or null when it is finished by now
 */
export async function updateUnfinishedSession(
  db: Database,
  id: string,
  change: Partial<
    Pick<
      NewSession,
      | 'callback'
      | 'callback_method'
      | 'metadata'
      | 'method'
      | 'entry_reason'
      | 'network'
      | 'device_hash'
      | 'address_hash'
      | 'provider_session_id'
      | 'session_token'
      | 'url'
    >
  >,
): Promise<Session | null> {
  const row = await db
    .updateTable('reauth.sessions')
    .set(change)
    .where('id', '=', id)
    .where('status', 'in', UNFINISHED_STATUSES)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Gives a resubmitted session the provider session its next step runs in. Of several browsers that
 * ask at the same moment one gets it.
 *
 * @returns null when the step was opened by another request, or is not needed any more
 */
export async function attachNextStep(
  db: Database,
  id: string,
  step: Pick<NewSession, 'provider_session_id' | 'session_token' | 'url'>,
): Promise<Session | null> {
  const row = await db
    .updateTable('reauth.sessions')
    .set(step)
    .where('id', '=', id)
    .where('status', '=', 'Resubmitted')
    .where('provider_session_id', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** Sessions whose deadline has passed, oldest first. */
export async function findOverdue(db: Database, now: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('reauth.open_sessions')
    .select('session_id')
    .where('deadline', '<=', now)
    .orderBy('deadline')
    .limit(limit)
    .execute();
  return rows.map((row) => row.session_id);
}

export async function sessionEvents(db: Database, sessionId: string): Promise<SessionEventRow[]> {
  return db
    .selectFrom('reauth.session_events')
    .selectAll()
    .where('session_id', '=', sessionId)
    .orderBy('sequence')
    .execute();
}

/** One page of an application's sessions, newest first, and how many there are in all. */
export async function listSessions(
  db: Database,
  applicationId: string,
  query: ListSessionsQuery,
): Promise<{ sessions: Session[]; count: number }> {
  const base = filtered(
    db.selectFrom('reauth.sessions').where('application_id', '=', applicationId),
    query,
  );
  const [sessions, total] = await Promise.all([
    base.selectAll().orderBy('id', 'desc').limit(query.limit).offset(query.offset).execute(),
    base.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
  ]);
  return { sessions, count: total.count };
}

type SessionQuery = SelectQueryBuilder<ReauthSchema, 'reauth.sessions', unknown>;

function filtered<Q extends SessionQuery>(base: Q, query: ListSessionsQuery): Q {
  let q: SessionQuery = base;
  if (query.session_kind === 'business') q = q.where(sql<boolean>`false`);
  if (query.vendor_data !== undefined) q = q.where('vendor_data', '=', query.vendor_data);
  if (query.status !== undefined) q = q.where('status', 'in', query.status);
  if (query.workflow_id !== undefined) q = q.where('workflow_id', '=', query.workflow_id);
  // Ids carry their time, so a range of dates is a range of ids and leaves whole months unread.
  if (query.date_from !== undefined) {
    q = q.where('id', '>=', sql<string>`reauth.uuid_floor(${new Date(query.date_from)})`);
  }
  if (query.date_to !== undefined) {
    q = q.where('id', '<', sql<string>`reauth.uuid_floor(${endOf(query.date_to)})`);
  }
  if (query.search !== undefined) {
    const pattern = `%${query.search.replace(/[\\%_]/g, '\\$&')}%`;
    q = q.where((eb) =>
      eb.or([eb('vendor_data', 'ilike', pattern), eb(sql`id::text`, 'ilike', pattern)]),
    );
  }
  return q as Q;
}

/** A bare date means the whole day. */
function endOf(text: string): Date {
  const moment = new Date(text);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(moment.getTime() + 86_400_000) : moment;
}

/** Removes a session with its events and verdicts. Usage, queued deliveries and the user stay. */
export async function deleteSession(db: Database, id: string): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    await trx.deleteFrom('reauth.open_sessions').where('session_id', '=', id).execute();
    await trx.deleteFrom('reauth.session_events').where('session_id', '=', id).execute();
    await trx.deleteFrom('reauth.verdicts').where('session_id', '=', id).execute();
    const deleted = await trx.deleteFrom('reauth.sessions').where('id', '=', id).executeTakeFirst();
    return deleted.numDeletedRows > 0n;
  });
}
