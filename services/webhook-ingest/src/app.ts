import { type SigningKey, signingKey, type Verdict } from '@regard/contract';
import type { Producer } from '@regard/queues';
import { buildHttp, createMetrics, type HttpApp, type Logger } from '@regard/service-kit';
import { registerVerdictRoute } from './routes/verdicts.ts';

export interface WebhookIngestDeps {
  logger: Logger;
  verdicts: Producer<Verdict>;
  /** Every currently valid secret of the provider. */
  secrets: readonly string[];
  /** Unix milliseconds; the clock by default. */
  now?: () => number;
}

export function buildWebhookIngest(deps: WebhookIngestDeps): HttpApp {
  const { logger, verdicts, secrets, now = Date.now } = deps;
  const metrics = createMetrics('webhook-ingest');
  const keys: SigningKey[] = secrets.map(signingKey);
  const app = buildHttp({
    logger,
    metrics,
    readiness: [{ name: 'queue', check: verdicts.check }],
  });
  registerVerdictRoute(app, { verdicts, keys, metrics, now });
  return app;
}
