import {
  connectRedis,
  createDatabase,
  createLogger,
  createPool,
  loadConfig,
  postgresCheck,
  redisCheck,
  runService,
} from '@regard/service-kit';
import type { ReauthSchema } from '@regard/store';
import { buildDecisionWorker } from './app.ts';
import { configSchema } from './config.ts';

await runService(async () => {
  const config = loadConfig(configSchema);
  const logger = createLogger('decision-worker', config.LOG_LEVEL);
  const pool = createPool(config.DATABASE_URL, {
    applicationName: 'regard-decision-worker',
    logger,
    max: config.CONCURRENCY + 2,
  });
  const db = createDatabase<ReauthSchema>(pool);
  const redis = connectRedis(config.REDIS_URL, 'fail-fast', logger);
  const { app, close } = buildDecisionWorker({
    logger,
    db,
    redis,
    redisUrl: config.REDIS_URL,
    gatewayUrl: config.PUBLIC_GATEWAY_URL,
    sessionLinkKey: config.SESSION_LINK_SECRET,
    concurrency: config.CONCURRENCY,
    readiness: [postgresCheck(pool), redisCheck(redis, 'decision-worker')],
  });
  return {
    app,
    logger,
    host: config.HOST,
    port: config.PORT,
    resources: [
      { name: 'postgres', close: () => db.destroy() },
      { name: 'redis', close: async () => redis.disconnect() },
      { name: 'worker', close },
    ],
  };
});
