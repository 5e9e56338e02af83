import { RegardError, type Verdict } from '@regard/contract';
import type { Producer } from '@regard/queues';

/** How soon a sender should try again while the queue is away. */
const RETRY_AFTER_SECONDS = 2;

/**
 * Puts a verdict on the queue under its event id, so that a repeat is taken once. It returns only
 * when Redis has it.
 *
 * @throws RegardError 503 while the queue is away: the sender keeps the event
 */
export async function enqueueVerdict(verdicts: Producer<Verdict>, verdict: Verdict): Promise<void> {
  try {
    await verdicts.add(verdict.eventId, verdict);
  } catch (cause) {
    throw new RegardError('RGD_UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
  }
}
