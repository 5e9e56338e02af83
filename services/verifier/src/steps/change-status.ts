import { v7 as uuidv7 } from 'uuid';
import { eventBody } from '../decision-object.ts';
import { insertEvent } from '../event-store.ts';
import type {
  DatabaseTransaction,
  Findings,
  FinishedStatus,
  SessionRow,
  UnsentEvent,
} from '../schema.ts';
import { OPENED_SECONDS } from '../session-store.ts';

/** The person opened the link: from now on the session has the time of a capture. */
export function beginCapture(
  trx: DatabaseTransaction,
  session: SessionRow,
  now: Date,
): Promise<UnsentEvent> {
  const deadline = new Date(now.getTime() + OPENED_SECONDS * 1000);
  return change(trx, { ...session, status: 'In Progress', deadline }, now);
}

/**
 * Ends a session: its findings stay, the work between frames goes. So does the reference it brought
 * along, unless it is a step of a sign-in that may go on to a stronger one.
 *
 * @param session locked by this transaction
 * @returns the event to send after the commit
 */
export function finishSession(
  trx: DatabaseTransaction,
  session: SessionRow,
  status: FinishedStatus,
  findings: Findings | null,
  now: Date,
): Promise<UnsentEvent> {
  return change(
    trx,
    {
      ...session,
      status,
      decision: findings,
      reference: session.step_of === null || !mayGoOn(status) ? null : session.reference,
      capture_state: null,
      finished_at: now,
    },
    now,
  );
}

/** What the decision side makes of a judged capture may be a step-up; of anything else it is not. */
function mayGoOn(status: FinishedStatus): boolean {
  return status === 'Approved' || status === 'Declined' || status === 'In Review';
}

/** A status and its event are written together or not at all. */
async function change(
  trx: DatabaseTransaction,
  session: SessionRow,
  now: Date,
): Promise<UnsentEvent> {
  await trx
    .updateTable('biometrics.sessions')
    .set({
      status: session.status,
      attempts_used: session.attempts_used,
      deadline: session.deadline,
      reference: session.reference,
      capture_state: session.capture_state,
      decision: session.decision && JSON.stringify(session.decision),
      finished_at: session.finished_at,
    })
    .where('id', '=', session.id)
    .execute();
  const id = uuidv7();
  const body = eventBody(session, id, now);
  return insertEvent(trx, { id, sessionId: session.id, body, createdAt: now });
}
