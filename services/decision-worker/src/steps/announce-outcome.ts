import { OUTCOME_CHANNEL, type Outcome } from '@regard/contract';
import type { Logger } from '@regard/service-kit';
import type { Session } from '@regard/store';
import type { Redis } from 'ioredis';

/**
 * Tells the pages that wait for this session what became of it, after the commit. A page that
 * misses it asks the database, so a failure here is logged and forgotten.
 *
 * @param providerSessionId the step that was judged
 */
export async function announceOutcome(
  redis: Redis,
  session: Session,
  providerSessionId: string | null,
  logger: Logger,
): Promise<void> {
  const outcome: Outcome = { sessionId: session.id, providerSessionId, status: session.status };
  try {
    await redis.publish(OUTCOME_CHANNEL, JSON.stringify(outcome));
  } catch (error) {
    logger.warn({ sessionId: session.id, err: error }, 'outcome.not_announced');
  }
}
