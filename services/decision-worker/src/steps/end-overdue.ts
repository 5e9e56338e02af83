import { type Database, findOverdue, lockSession, type Session, transition } from '@regard/store';
import { unfinishedDecision } from './stored-decision.ts';

/** Most sessions ended in one go; the next go follows soon. */
const BATCH = 200;

/**
 * Ends the sessions whose time is up: a link nobody opened expires, a capture nobody finished is
 * abandoned. Each in its own transaction, so that one that fails keeps no other back.
 *
 * @param onEnded called for each session that ended
 * @param onFailed called for each that could not be ended now; it is tried again in the next round
 */
export async function endOverdue(
  db: Database,
  now: Date,
  onEnded: (session: Session) => Promise<void>,
  onFailed: (sessionId: string, error: Error) => void,
): Promise<void> {
  for (const id of await findOverdue(db, now, BATCH)) {
    try {
      const session = await endSession(db, id, now);
      if (session !== null) await onEnded(session);
    } catch (error) {
      onFailed(id, error as Error);
    }
  }
}

function endSession(db: Database, id: string, now: Date): Promise<Session | null> {
  return db.transaction().execute(async (trx) => {
    const session = await lockSession(trx, id);
    if (session === null || session.deadline > now) return null;
    const to = session.status === 'Not Started' ? 'Expired' : 'Abandoned';
    const set = unfinishedDecision(session, to);
    const change = { to, by: 'clock', now, reason: 'TIME_IS_UP', set } as const;
    const result = await transition(trx, session, change);
    return result.ok ? result.session : null;
  });
}
