import {
  buildHttp,
  createMetrics,
  type HttpApp,
  type Logger,
  type ReadinessCheck,
} from '@regard/service-kit';
import { type Database, ensurePartitions, OUTBOX_CHANNEL } from '@regard/store';
import type { Redis } from 'ioredis';
import { createBreaker } from './breaker.ts';
import { createDispatchMetrics } from './dispatch-metrics.ts';
import { createSafeHttp } from './safe-http.ts';
import { createSingleFlightLoop } from './single-flight-loop.ts';
import { publishOutbox } from './steps/claim-outbox.ts';
import { createDeliverDue } from './steps/deliver-due.ts';
import { deliverWebhook } from './steps/deliver-webhook.ts';
import { startWaking } from './wake.ts';

const DAY_MS = 86_400_000;

/** How long a close waits for deliveries under way; it stays below the grace of the process. */
const DRAIN_MS = 20_000;

/** What an attempt may take beyond its own timeout: two statements, each bounded to 10 s. */
const LEASE_MARGIN_SECONDS = 25;

export interface EventDispatcherDeps {
  logger: Logger;
  db: Database;
  redis: Redis;
  /** For the connection that listens. */
  databaseUrl: string;
  /** 32 bytes; unseals the secrets of destinations. */
  destinationSecretsKey: Buffer;
  allowPrivateDestinations: boolean;
  concurrency: number;
  perDestination: number;
  /** Pauses in seconds before the second, third, … attempt. */
  retrySeconds: readonly number[];
  streamMaxLength: number;
  /** Time for one exchange with a destination. */
  timeoutMs: number;
  readiness: readonly ReadinessCheck[];
  /** Unix milliseconds; the clock by default. */
  now?: () => number;
  /** Uniform in [0, 1), for the jitter of retries. */
  random?: () => number;
}

export interface EventDispatcher {
  app: HttpApp;
  /** Starts to listen, sweep and deliver. */
  start: () => Promise<void>;
  /** Takes nothing new and waits for deliveries under way; what is left keeps its lease. */
  close: () => Promise<void>;
}

/**
 * Builds the dispatcher: one loop moves the outbox to the stream and to planned deliveries, one
 * loop sends deliveries that are due. A commit wakes the first, the first wakes the second, and a
 * sweep every second wakes both.
 */
export function buildEventDispatcher(deps: EventDispatcherDeps): EventDispatcher {
  const { db, logger, redis, concurrency, perDestination, timeoutMs } = deps;
  const metrics = createMetrics('event-dispatcher');
  const figures = createDispatchMetrics(metrics, db);
  const http = createSafeHttp({
    timeoutMs,
    connectionsPerOrigin: perDestination,
    allowPrivate: deps.allowPrivateDestinations,
  });
  const breaker = createBreaker();
  const deliverDeps = {
    db,
    http,
    breaker,
    logger,
    secretsKey: deps.destinationSecretsKey,
    retrySeconds: deps.retrySeconds,
    random: deps.random ?? Math.random,
    now: deps.now ?? Date.now,
    onAttempt: figures.observeAttempt,
  };
  const deliverDue = createDeliverDue({
    db,
    logger,
    breaker,
    concurrency,
    perDestination,
    leaseSeconds: timeoutMs / 1000 + LEASE_MARGIN_SECONDS,
    deliver: (delivery) => deliverWebhook(deliverDeps, delivery),
    onRoom: () => deliveries.wake(),
  });
  const deliveries = createSingleFlightLoop('deliveries', deliverDue.run, logger);
  const { streamMaxLength } = deps;
  const onPublished = (count: number) => {
    figures.published.inc(count);
    deliveries.wake();
  };
  const publish = () => publishOutbox({ db, redis, streamMaxLength, onPublished });
  const outbox = createSingleFlightLoop('outbox', publish, logger);
  const partitions = createSingleFlightLoop(
    'partitions',
    async () => void (await ensurePartitions(db)),
    logger,
  );
  let stopWaking = async () => {};

  return {
    app: buildHttp({ logger, metrics, readiness: deps.readiness }),
    start: async () => {
      const daily = setInterval(partitions.wake, DAY_MS);
      partitions.wake();
      const waking = await startWaking({
        databaseUrl: deps.databaseUrl,
        channel: OUTBOX_CHANNEL,
        logger,
        onNotify: outbox.wake,
        onSweep: () => {
          outbox.wake();
          deliveries.wake();
        },
      });
      stopWaking = async () => {
        clearInterval(daily);
        await waking.close();
      };
    },
    close: async () => {
      await stopWaking();
      await Promise.all([outbox.close(), deliveries.close(), partitions.close()]);
      await within(DRAIN_MS, deliverDue.idle());
      await http.destroy();
    },
  };
}

/** Waits for `work`, but not for ever. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const enough = Promise.withResolvers<void>();
  const timer = setTimeout(enough.resolve, ms);
  await Promise.race([work, enough.promise]);
  clearTimeout(timer);
}
