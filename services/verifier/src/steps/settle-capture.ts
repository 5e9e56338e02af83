import type { VerifierContext } from '../context.ts';
import type { DatabaseTransaction, SessionRow, UnsentEvent } from '../schema.ts';
import { lockOpenSession } from '../session-store.ts';

/** What a piece of work on a locked session came to. */
export interface Settled<Answer> {
  answer: Answer;
  /** The status changed: this goes to the receiver after the commit. */
  event: UnsentEvent | null;
}

/**
 * Does a short piece of work on a session that is still open, with its row locked, and sends the
 * event that came of it once it is committed. Face work stays outside.
 *
 * @throws RegardError RGD_CAPTURE_CLOSED when the session takes no more pictures
 */
export async function settleCapture<Answer>(
  { db, now, send }: Pick<VerifierContext, 'db' | 'now' | 'send'>,
  sessionId: string,
  work: (trx: DatabaseTransaction, session: SessionRow, at: Date) => Promise<Settled<Answer>>,
): Promise<Answer> {
  const { answer, event } = await db.transaction().execute(async (trx) => {
    const at = now();
    return work(trx, await lockOpenSession(trx, sessionId, at), at);
  });
  if (event !== null) send(event);
  return answer;
}
