import { type Database, findOverdue, lockSession, type Session, transition } from '@regard/store';

/** Most sessions ended in one go; the next go follows soon. */
const BATCH = 200;

/**
 * Ends the sessions whose time is up: a link nobody opened expires, a capture nobody finished is
 * abandoned. Each in its own transaction, so that one that fails keeps no other back.
 *
 * @returns the sessions that ended
 */
export async function endOverdue(db: Database, now: Date): Promise<Session[]> {
  const ended: Session[] = [];
  for (const id of await findOverdue(db, now, BATCH)) {
    const session = await endSession(db, id, now);
    if (session !== null) ended.push(session);
  }
  return ended;
}

function endSession(db: Database, id: string, now: Date): Promise<Session | null> {
  return db.transaction().execute(async (trx) => {
    const session = await lockSession(trx, id);
    if (session === null || session.deadline > now) return null;
    const to = session.status === 'Not Started' ? 'Expired' : 'Abandoned';
    const result = await transition(trx, session, { to, by: 'clock', now, reason: 'TIME_IS_UP' });
    return result.ok ? result.session : null;
  });
}
