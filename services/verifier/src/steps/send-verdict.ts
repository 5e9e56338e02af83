import type { Logger } from '@regard/service-kit';
import { postponeEvent, removeEvent } from '../event-store.ts';
import type { Database, UnsentEvent } from '../schema.ts';
import type { SendResult, WebhookClient } from '../webhook-client.ts';

/** Pauses in seconds before the second, third, … attempt; the last one is repeated. */
const RETRY_SECONDS = [1, 2, 5, 10, 30];
/** The receiver refuses us for good (wrong secret, wrong url): a person has to mend that first. */
const REFUSED_RETRY_SECONDS = 30;
const GIVE_UP_AFTER_MS = 86_400_000;

export interface SendDeps {
  db: Database;
  webhook: WebhookClient;
  logger: Logger;
  now: () => Date;
}

/**
 * Makes one attempt to send an event this process holds the lease of, and notes what came of it.
 *
 * @throws when the database is away; the lease then runs out and the event is sent again
 */
export async function sendVerdict(
  { db, webhook, logger, now }: SendDeps,
  event: UnsentEvent,
): Promise<void> {
  const startedAt = performance.now();
  const result = await webhook.post(event.body);
  const attempt = event.attempts + 1;
  const line = {
    eventId: event.id,
    sessionId: event.session_id,
    attempt,
    ms: Math.round(performance.now() - startedAt),
  };
  if (result.ok) {
    logger.info(line, 'verdict.sent');
    return removeEvent(db, event.id);
  }
  const failure = result.status === null ? { kind: result.kind } : { status: result.status };
  const at = now();
  if (at.getTime() - event.created_at.getTime() > GIVE_UP_AFTER_MS) {
    logger.error({ ...line, ...failure }, 'verdict.given_up');
    return removeEvent(db, event.id);
  }
  const level = isRefusal(result) ? 'error' : 'warn';
  logger[level]({ ...line, ...failure }, 'verdict.not_sent');
  const pause = isRefusal(result) ? REFUSED_RETRY_SECONDS : pauseAfter(attempt);
  return postponeEvent(db, event.id, attempt, new Date(at.getTime() + pause * 1000));
}

const isRefusal = (result: SendResult) =>
  !result.ok && (result.status === 400 || result.status === 401);

const pauseAfter = (attempt: number) =>
  RETRY_SECONDS[Math.min(attempt, RETRY_SECONDS.length) - 1] as number;
