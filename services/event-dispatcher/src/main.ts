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
import { buildEventDispatcher } from './app.ts';
import { configSchema } from './config.ts';

await runService(async () => {
  const config = loadConfig(configSchema);
  const logger = createLogger('event-dispatcher', config.LOG_LEVEL);
  const pool = createPool(config.DATABASE_URL, {
    applicationName: 'regard-event-dispatcher',
    logger,
  });
  const db = createDatabase<ReauthSchema>(pool);
  const redis = connectRedis(config.REDIS_URL, 'fail-fast', logger);
  const { app, start, close } = buildEventDispatcher({
    logger,
    db,
    redis,
    databaseUrl: config.DATABASE_URL,
    destinationSecretsKey: config.DESTINATION_SECRETS_KEY,
    allowPrivateDestinations: config.DANGEROUS_ALLOW_PRIVATE_DESTINATIONS,
    concurrency: config.DELIVERY_CONCURRENCY,
    perDestination: config.DELIVERY_CONCURRENCY_PER_DESTINATION,
    retrySeconds: config.DELIVERY_RETRY_SECONDS,
    streamMaxLength: config.STREAM_MAX_LENGTH,
    timeoutMs: config.DELIVERY_TIMEOUT_MS,
    readiness: [postgresCheck(pool), redisCheck(redis, 'event-dispatcher')],
  });
  await start();
  return {
    app,
    logger,
    host: config.HOST,
    port: config.PORT,
    resources: [
      { name: 'postgres', close: () => db.destroy() },
      { name: 'redis', close: async () => redis.disconnect() },
      { name: 'dispatcher', close },
    ],
  };
});
