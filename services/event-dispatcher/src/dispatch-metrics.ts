import type { Metrics } from '@regard/service-kit';
import { type Database, outboxLagSeconds } from '@regard/store';
import type { DeliveryOutcome } from './steps/deliver-webhook.ts';

/** Later attempts count as this one, so that a longer schedule makes no more series. */
const LAST_COUNTED_ATTEMPT = 10;

/** The dispatcher's figures. Labels are outcomes and attempt numbers, never a destination. */
export function createDispatchMetrics(metrics: Metrics, db: Database) {
  metrics.gauge(
    'outbox_lag_seconds',
    'Age of the oldest event that is not published yet.',
    [],
    async function collect(this: { set: (seconds: number) => void }) {
      try {
        this.set(await outboxLagSeconds(db));
      } catch {
        // The other figures are wanted most while the database is away; this one stays as it was.
      }
    },
  );
  const published = metrics.counter('outbox_events_published_total', 'Events moved out.');
  const attempts = metrics.counter('webhook_attempts_total', 'Attempts by what came of them.', [
    'outcome',
    'attempt',
  ]);
  const seconds = metrics.duration('webhook_delivery_seconds', 'Time of one attempt.', ['outcome']);
  return {
    published,
    observeAttempt: (outcome: DeliveryOutcome, took: number, attempt: number) => {
      attempts.inc({ outcome, attempt: String(Math.min(attempt, LAST_COUNTED_ATTEMPT)) });
      seconds.observe({ outcome }, took);
    },
  };
}
