import { sessionLink, type Verdict } from '@regard/contract';
import { createWorker, QUEUES, type RunningWorker } from '@regard/queues';
import {
  buildHttp,
  createMetrics,
  type HttpApp,
  isConnectionTrouble,
  type Logger,
  type ReadinessCheck,
} from '@regard/service-kit';
import { type Database, storeDeadLetter } from '@regard/store';
import type { Redis } from 'ioredis';
import { announceOutcome } from './steps/announce-outcome.ts';
import { decideVerdict, type VerdictResult } from './steps/decide-verdict.ts';
import { endOverdue } from './steps/end-overdue.ts';

/** How often the clock looks for sessions whose time is up. */
const CLOCK_INTERVAL_MS = 5000;

export interface DecisionWorkerDeps {
  logger: Logger;
  db: Database;
  /** For announcements; the queue has its own connection. */
  redis: Redis;
  redisUrl: string;
  gatewayUrl: string;
  sessionLinkKey: Buffer;
  concurrency: number;
  readiness: readonly ReadinessCheck[];
  clockIntervalMs?: number;
}

export interface DecisionWorker {
  app: HttpApp;
  worker: RunningWorker;
  close: () => Promise<void>;
}

/** Builds and starts the worker: verdicts from the queue, the clock, and the probes beside them. */
export function buildDecisionWorker(deps: DecisionWorkerDeps): DecisionWorker {
  const { db, logger, redis } = deps;
  const metrics = createMetrics('decision-worker');
  const decided = metrics.counter('verdicts_total', 'Verdicts by what became of them.', ['result']);
  const seconds = metrics.duration('verdict_decision_seconds', 'Time to decide one verdict.');
  const linkOf = (sessionId: string) =>
    sessionLink(deps.gatewayUrl, sessionId, deps.sessionLinkKey);

  const handle = async (verdict: Verdict, attempt: number): Promise<void> => {
    const stop = seconds.startTimer();
    const result = await decideVerdict(db, verdict, { now: new Date(), linkOf });
    const ms = Math.round(stop() * 1000);
    decided.inc({ result: result.kind });
    logResult(logger, verdict, result, { attempt, ms });
    if (result.kind === 'applied') {
      await announceOutcome(redis, result.session, verdict.providerSessionId, logger);
    }
  };
  const worker = createWorker({
    definition: QUEUES.verdicts,
    redisUrl: deps.redisUrl,
    logger,
    concurrency: deps.concurrency,
    handle,
    isTransient: isConnectionTrouble,
    onDead: ({ id, payload, cause, attempts }) => {
      const letter = { queue: 'verdicts', jobId: id, payload: payload as never, cause, attempts };
      return storeDeadLetter(db, letter, new Date());
    },
  });
  const clock = startClock(deps, worker);
  const running = { name: 'worker', check: async () => assertRunning(worker) };
  const app = buildHttp({ logger, metrics, readiness: [...deps.readiness, running] });
  return {
    app,
    worker,
    close: async () => {
      await worker.close();
      await clock.close();
    },
  };
}

function startClock(
  { db, redis, logger, clockIntervalMs }: DecisionWorkerDeps,
  worker: RunningWorker,
) {
  let round: Promise<void> = Promise.resolve();
  let busy = false;
  const tick = async () => {
    try {
      // A verdict that waits, after an outage perhaps, comes before the clock: the person was in time.
      if ((await worker.backlog()) > 0) return;
      await endOverdue(
        db,
        new Date(),
        (session) => announceOutcome(redis, session, session.provider_session_id, logger),
        (sessionId, err) => logger.warn({ sessionId, err }, 'clock.session_failed'),
      );
    } catch (error) {
      logger.warn({ err: error }, 'clock.failed');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    round = tick();
  }, clockIntervalMs ?? CLOCK_INTERVAL_MS);
  return {
    close: () => {
      clearInterval(timer);
      return round;
    },
  };
}

/** One wide line a verdict; refused changes stand out as warnings. */
function logResult(
  logger: Logger,
  verdict: Verdict,
  result: VerdictResult,
  figures: { attempt: number; ms: number },
): void {
  const line = { eventId: verdict.eventId, verdict: verdict.status, ...figures };
  if (result.kind === 'applied') {
    const { id: sessionId, status, method, sequence } = result.session;
    const reasons = result.session.decision?.reasons ?? [];
    logger.info(
      { ...line, sessionId, from: result.from, status, method, sequence, reasons },
      'verdict.decided',
    );
  } else if (result.kind === 'ignored') {
    const { sessionId, reason } = result;
    const level = reason === 'ILLEGAL_TRANSITION' ? 'warn' : 'info';
    logger[level]({ ...line, sessionId, reason }, 'verdict.ignored');
  } else {
    logger.info(line, 'verdict.repeated');
  }
}

function assertRunning(worker: RunningWorker): void {
  if (!worker.isRunning()) throw new Error('The queue worker has stopped');
}
