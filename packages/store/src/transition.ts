import { isUnfinished, NODE_IDS, type SessionStatus, sessionEventBody } from '@regard/contract';
import { type Actor, pathTo } from '@regard/policy';
import { sql, type Updateable } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { decisionObject, flatDecision } from './decision-object.ts';
import type { DatabaseTransaction, Session, SessionsTable } from './schema.ts';

/** Postgres channel on which a commit wakes the event-dispatcher. */
export const OUTBOX_CHANNEL = 'regard_outbox';

export interface Change {
  to: SessionStatus;
  by: Actor;
  now: Date;
  /** Stable code of why. */
  reason?: string;
  /** Who, for a change by hand. */
  actor?: string;
  comment?: string;
  /** Further columns that change with the status. */
  set?: Updateable<SessionsTable>;
}

export type TransitionResult =
  | { ok: true; session: Session }
  /** The status machine refuses it; nothing was written. */
  | { ok: false; reason: 'ILLEGAL_TRANSITION' }
  /** Somebody else changed the session since it was read; nothing was written. */
  | { ok: false; reason: 'CONFLICT' };

/**
 * The one place where a session changes its status. The status machine decides; the row is changed
 * by compare-and-set on its sequence; an event and an outbox row are written for every status on
 * the way, all in the caller's transaction.
 */
export async function transition(
  trx: DatabaseTransaction,
  session: Session,
  change: Change,
): Promise<TransitionResult> {
  const path = pathTo(session.status, change.to, change.by);
  if (path === null) return { ok: false, reason: 'ILLEGAL_TRANSITION' };
  const updated = await trx
    .updateTable('reauth.sessions')
    .set({
      ...change.set,
      status: change.to,
      sequence: session.sequence + path.length,
      ...(path.includes('In Progress') && { opened_at: change.now }),
      finished_at: isUnfinished(change.to) ? null : change.now,
    })
    .where('id', '=', session.id)
    .where('sequence', '=', session.sequence)
    .returningAll()
    .executeTakeFirst();
  if (!updated) return { ok: false, reason: 'CONFLICT' };
  await recordPath(trx, session, updated, path, change);
  await trackOpenSession(trx, updated);
  return { ok: true, session: updated };
}

/** Writes the first event of a new session, or of a chain of statuses it starts with. */
export async function recordStart(
  trx: DatabaseTransaction,
  session: Session,
  path: readonly SessionStatus[],
  change: Pick<Change, 'by' | 'now' | 'reason'>,
): Promise<void> {
  await recordPath(trx, null, session, path, { ...change, to: session.status });
}

async function recordPath(
  trx: DatabaseTransaction,
  before: Session | null,
  after: Session,
  path: readonly SessionStatus[],
  change: Change,
): Promise<void> {
  const firstSequence = after.sequence - path.length + 1;
  const steps = path.map((status, index) => ({
    status,
    sequence: firstSequence + index,
    previous: path[index - 1] ?? before?.status ?? null,
  }));
  await trx
    .insertInto('reauth.session_events')
    .values(
      steps.map(({ status, sequence, previous }) => ({
        session_id: after.id,
        sequence,
        status,
        previous_status: previous,
        caused_by: change.by,
        reason: change.reason ?? null,
        actor: change.actor ?? null,
        comment: change.comment ?? null,
        created_at: change.now,
      })),
    )
    .execute();
  const rows = steps.map((step) => outboxRow(after, step, change.now));
  await trx.insertInto('reauth.outbox').values(rows).execute();
  await sql`select pg_notify(${OUTBOX_CHANNEL}, '')`.execute(trx);
}

function outboxRow(
  session: Session,
  step: { status: SessionStatus; sequence: number; previous: SessionStatus | null },
  now: Date,
) {
  // Version 7 ids rise with time, so the outbox is read in the order it was written.
  const eventId = uuidv7();
  const body = sessionEventBody({
    eventId,
    webhookType: 'status.updated',
    createdAt: Math.floor(now.getTime() / 1000),
    applicationId: session.application_id,
    environment: session.environment,
    sessionId: session.id,
    status: step.status,
    previousStatus: step.previous,
    sequence: step.sequence,
    workflowId: session.workflow_id,
    workflowVersion: session.workflow_version,
    vendorData: session.vendor_data,
    metadata: session.metadata,
    decision: decisionObject({ ...session, status: step.status }),
    flat: flatDecision(session),
    resubmit: { nodes: resubmitNodes(session), reasons: {} },
  });
  return {
    id: eventId,
    application_id: session.application_id,
    session_id: session.id,
    sequence: step.sequence,
    webhook_type: 'status.updated',
    body: JSON.stringify(body),
    created_at: now,
    published_at: null,
  };
}

function resubmitNodes(session: Session) {
  const liveness = session.decision?.livenessChecks?.length ?? 0;
  const faces = session.decision?.faceMatches?.length ?? 0;
  const node = (feature: keyof typeof NODE_IDS) => ({ feature, node_id: NODE_IDS[feature] });
  return [
    ...(liveness > 0 || faces === 0 ? [node('LIVENESS')] : []),
    ...(faces > 0 ? [node('FACE_MATCH')] : []),
  ];
}

/** Keeps the small table of sessions that wait for the person in step with the status. */
export async function trackOpenSession(trx: DatabaseTransaction, session: Session): Promise<void> {
  if (!isUnfinished(session.status)) {
    await trx.deleteFrom('reauth.open_sessions').where('session_id', '=', session.id).execute();
    return;
  }
  const row = {
    session_id: session.id,
    user_id: session.user_id,
    workflow_id: session.workflow_id,
    workflow_version: session.workflow_version,
    purpose: session.purpose,
    deadline: session.deadline,
  };
  const known = await trx
    .updateTable('reauth.open_sessions')
    .set({ deadline: session.deadline })
    .where('session_id', '=', session.id)
    .executeTakeFirst();
  if (known.numUpdatedRows > 0n) return;
  // A session that comes back by hand is handed out again, unless another one is open by now.
  const placed = await trx
    .insertInto('reauth.open_sessions')
    .values({ ...row, reusable: true })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if ((placed.numInsertedOrUpdatedRows ?? 0n) > 0n) return;
  await trx
    .insertInto('reauth.open_sessions')
    .values({ ...row, reusable: false })
    .execute();
}
