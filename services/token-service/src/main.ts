import {
  connectRedis,
  createDatabase,
  createLogger,
  createMetrics,
  createPool,
  postgresCheck,
  redisCheck,
  runService,
} from '@regard/service-kit';
import { createLocalJWKSet } from 'jose';
import { buildTokenService } from './app.ts';
import { readConfig } from './config.ts';
import type { TokensSchema } from './schema.ts';
import { importSigningKey } from './signing-key.ts';

const NAME = 'token-service';

await runService(async () => {
  const config = readConfig();
  const logger = createLogger(NAME, config.LOG_LEVEL);
  const pool = createPool(config.DATABASE_URL, { applicationName: NAME, logger });
  const database = createDatabase<TokensSchema>(pool);
  const redis = connectRedis(config.REDIS_URL, 'fail-fast', logger);
  const app = buildTokenService({
    logger,
    metrics: createMetrics(NAME),
    readiness: [postgresCheck(pool), redisCheck(redis, NAME)],
    database,
    redis,
    approvalKeys: createLocalJWKSet(config.APPROVAL_KEYS),
    accessTokens: {
      issuer: config.PUBLIC_URL,
      signingKey: await importSigningKey(config.TOKEN_SIGNING_KEY),
      accessTokenSeconds: config.ACCESS_TOKEN_SECONDS,
    },
    refreshTokenDays: config.REFRESH_TOKEN_DAYS,
    now: () => new Date(),
  });
  return {
    app,
    logger,
    host: config.HOST,
    port: config.PORT,
    resources: [
      { name: 'postgres', close: () => database.destroy() },
      { name: 'redis', close: () => redis.quit() },
    ],
  };
});
