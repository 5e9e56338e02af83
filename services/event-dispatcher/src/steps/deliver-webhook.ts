import { attemptBody, type JsonObject, signCanonicalBody, signingKey } from '@regard/contract';
import type { Logger } from '@regard/service-kit';
import {
  type ClaimedDelivery,
  type Database,
  type Destination,
  destinationSecret,
  disableDestination,
  finishDelivery,
  putOffDestination,
  retryDelivery,
} from '@regard/store';
import type { Breaker } from '../breaker.ts';
import type { PostResult, SafeHttp } from '../safe-http.ts';
import { type Judgement, judgeAttempt } from './judge-attempt.ts';

/** A destination without answer is left alone this long before it is probed again. */
const SILENT_PAUSE_SECONDS = 10;

export interface DeliverDeps {
  db: Database;
  http: SafeHttp;
  breaker: Breaker;
  logger: Logger;
  secretsKey: Buffer;
  retrySeconds: readonly number[];
  random: () => number;
  /** Unix milliseconds. */
  now: () => number;
  /** Called once an attempt, for the metrics. */
  onAttempt: (outcome: DeliveryOutcome, seconds: number, attempt: number) => void;
}

/** `skipped`: nothing was sent, the destination or the event is no more. */
export type DeliveryOutcome = Judgement['outcome'] | 'skipped';

/**
 * Makes one attempt of a claimed delivery and writes what came of it.
 *
 * @throws when the database is away; the lease then runs out and the delivery is tried again
 */
export async function deliverWebhook(deps: DeliverDeps, delivery: ClaimedDelivery): Promise<void> {
  const { body, destination } = delivery;
  const startedAt = performance.now();
  if (body === null || destination === null || !destination.enabled) {
    await finishDelivery(deps.db, delivery, 'skipped', { status: null, error: null });
    report(deps, delivery, { outcome: 'skipped', status: null, error: null }, startedAt);
    return;
  }
  const result = await post(deps, destination, body);
  const judgement = judgeAttempt(result, delivery.attempt, {
    retrySeconds: deps.retrySeconds,
    random: deps.random,
    nowMs: deps.now(),
  });
  const facts = result.ok
    ? { status: result.status, error: null }
    : { status: null, error: result.error };
  report(deps, delivery, { outcome: judgement.outcome, ...facts }, startedAt);
  await record(deps, delivery, judgement, facts);
  const silent = deps.breaker.record(delivery.destinationId, result.ok);
  const holdSeconds = judgement.outcome === 'retry' ? judgement.holdSeconds : 0;
  const pauseSeconds = Math.max(holdSeconds, silent ? SILENT_PAUSE_SECONDS : 0);
  if (pauseSeconds > 0) await putOffDestination(deps.db, delivery.destinationId, pauseSeconds);
}

/** Each attempt has its own timestamp and is signed with the secret of its moment. */
async function post(
  deps: DeliverDeps,
  destination: Destination,
  event: JsonObject,
): Promise<PostResult | { ok: false; error: 'SECRET_UNREADABLE' }> {
  const timestamp = Math.floor(deps.now() / 1000);
  const body = attemptBody(event, timestamp);
  let secret: string;
  try {
    secret = destinationSecret(destination, deps.secretsKey);
  } catch {
    return { ok: false, error: 'SECRET_UNREADABLE' };
  }
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'RegardWebhook/1.0',
    ...signCanonicalBody(body, event, signingKey(secret), timestamp),
  };
  return deps.http.post(destination.url, headers, body);
}

async function record(
  { db }: DeliverDeps,
  delivery: ClaimedDelivery,
  judgement: Judgement,
  facts: { status: number | null; error: string | null },
): Promise<void> {
  switch (judgement.outcome) {
    case 'delivered':
      await finishDelivery(db, delivery, 'delivered', facts);
      break;
    case 'failed':
      await finishDelivery(db, delivery, 'failed', facts);
      break;
    case 'gone':
      // In this order: once the delivery is finished, the session's next event may go out.
      await disableDestination(db, delivery.destinationId);
      await finishDelivery(db, delivery, 'failed', facts);
      break;
    case 'retry':
      await retryDelivery(db, delivery, judgement.delaySeconds, facts);
      break;
  }
}

/** One wide line an attempt: ids and figures, never a body or a url. */
function report(
  { logger, onAttempt }: DeliverDeps,
  delivery: ClaimedDelivery,
  result: { outcome: DeliveryOutcome; status: number | null; error: string | null },
  startedAt: number,
): void {
  const { eventId, sessionId, destinationId, attempt } = delivery;
  const ms = performance.now() - startedAt;
  onAttempt(result.outcome, ms / 1000, attempt);
  const line = { eventId, sessionId, destinationId, attempt, ...result, ms: Math.round(ms) };
  const quiet = result.outcome === 'delivered' || result.outcome === 'skipped';
  logger[quiet ? 'info' : 'warn'](line, 'delivery.attempted');
}
