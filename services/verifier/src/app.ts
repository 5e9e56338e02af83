import { randomInt } from 'node:crypto';
import { signingKey } from '@regard/contract';
import type { FaceEngine } from '@regard/face';
import {
  buildHttp,
  createMetrics,
  type HttpApp,
  inScope,
  type Logger,
  type ReadinessCheck,
} from '@regard/service-kit';
import { requireApiKey } from './authenticate.ts';
import type { Calibrations, VerifierContext } from './context.ts';
import { createFrameAnalyser } from './frame-analyser.ts';
import { startInterval } from './interval.ts';
import type { OutcomeHub } from './outcome-hub.ts';
import { registerCaptureRoutes } from './routes/capture.ts';
import { registerOutcomeRoute } from './routes/outcome.ts';
import { registerPageRoutes } from './routes/page.ts';
import { registerSessionRoutes } from './routes/sessions.ts';
import type { Database } from './schema.ts';
import { forgetOldReferences } from './session-store.ts';
import { endOverdue } from './steps/end-overdue.ts';
import { createVerdictSender } from './verdict-sender.ts';
import { createVerifierMetrics, type PoolStats } from './verifier-metrics.ts';
import { createWebhookClient } from './webhook-client.ts';

/** The first retry of a webhook is due after a second. */
const SEND_SWEEP_MS = 1000;
const OVERDUE_SWEEP_MS = 5000;

export interface VerifierDeps {
  logger: Logger;
  db: Database;
  face: FaceEngine;
  /** How busy the face workers are; nothing to tell when there are none. */
  poolStats?: () => PoolStats;
  calibrations: Calibrations;
  outcomes: OutcomeHub;
  /** 32 bytes. */
  templateKey: Buffer;
  publicUrl: string;
  apiKeys: readonly string[];
  webhook: { url: string; secret: string };
  readiness: readonly ReadinessCheck[];
  trustProxy?: boolean;
  now?: () => Date;
}

export interface Verifier {
  app: HttpApp;
  /** Starts to resend what was not sent and to end what is overdue. */
  start: () => void;
  /** Closes what {@link start} started and waits for webhooks under way. */
  close: () => Promise<void>;
}

export function buildVerifier(deps: VerifierDeps): Verifier {
  const { db, logger, face, outcomes, now = () => new Date() } = deps;
  const metrics = createMetrics('verifier');
  const poolStats = deps.poolStats ?? (() => ({ busy: 0, queued: 0, workers: 0 }));
  const figures = createVerifierMetrics(metrics, db, poolStats);
  const webhook = createWebhookClient(deps.webhook.url, signingKey(deps.webhook.secret), now);
  const sender = createVerdictSender({ db, webhook, logger, now });
  const context: VerifierContext = {
    db,
    face,
    analyse: createFrameAnalyser(face, figures),
    calibrations: deps.calibrations,
    templateKey: deps.templateKey,
    publicUrl: deps.publicUrl,
    outcomes,
    send: sender.send,
    metrics: figures,
    logger,
    now,
    randomInt: (limit) => randomInt(limit),
  };
  const app = buildHttp({
    logger,
    metrics,
    readiness: deps.readiness,
    trustProxy: deps.trustProxy ?? false,
  });
  inScope(app, (scope) => {
    requireApiKey(scope, deps.apiKeys);
    registerSessionRoutes(scope, context);
  });
  inScope(app, (scope) => registerCaptureRoutes(scope, context));
  inScope(app, (scope) => registerOutcomeRoute(scope, context));
  inScope(app, (scope) => registerPageRoutes(scope, context));
  // Pages that wait for an outcome must not hold up a stop.
  app.addHook('preClose', outcomes.close);

  let closeIntervals = async () => {};
  return {
    app,
    start: () => {
      const intervals = [
        startInterval('resend', SEND_SWEEP_MS, sender.sweep, logger),
        startInterval('overdue', OVERDUE_SWEEP_MS, () => endAllOverdue(context), logger),
      ];
      closeIntervals = async () => {
        await Promise.all(intervals.map((interval) => interval.close()));
      };
    },
    close: async () => {
      await closeIntervals();
      await sender.idle();
      await webhook.close();
    },
  };
}

async function endAllOverdue(context: VerifierContext): Promise<void> {
  while ((await endOverdue(context)) > 0);
  await forgetOldReferences(context.db, context.now());
}
