import { createProducer, QUEUES } from '@regard/queues';
import { createLogger, loadConfig, runService } from '@regard/service-kit';
import { buildWebhookIngest } from './app.ts';
import { configSchema } from './config.ts';

await runService(async () => {
  const config = loadConfig(configSchema);
  const logger = createLogger('webhook-ingest', config.LOG_LEVEL);
  const verdicts = createProducer(QUEUES.verdicts, config.REDIS_URL, logger);
  const app = buildWebhookIngest({
    logger,
    verdicts,
    secrets: config.VERIFICATION_PROVIDER_SECRET,
  });
  return {
    app,
    logger,
    host: config.HOST,
    port: config.PORT,
    resources: [{ name: 'queue', close: verdicts.close }],
  };
});
