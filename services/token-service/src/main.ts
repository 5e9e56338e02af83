import {
  connectRedis,
  createDatabase,
  createLogger,
  createMetrics,
  createPool,
  loadConfig,
  postgresCheck,
  runService,
} from '@regard/service-kit';
import { createLocalJWKSet } from 'jose';
import { buildTokenService } from './app.ts';
import { configSchema } from './config.ts';
import type { TokensSchema } from './schema.ts';
import { importSigningKey } from './signing-key.ts';

const NAME = 'token-service';

await runService(async () => {
  const config = loadConfig(configSchema);
  const logger = createLogger(NAME, config.LOG_LEVEL);
  const pool = createPool(config.DATABASE_URL, { applicationName: `regard-${NAME}`, logger });
  const database = createDatabase<TokensSchema>(pool);
  const redis = connectRedis(config.REDIS_URL, 'fail-fast', logger);
  const app = buildTokenService({
    logger,
    metrics: createMetrics(NAME),
    // Not Redis: while it is away approvals are answered 503, but refreshing, revoking and the key
    // set go on, which taking every replica out of service would end.
    readiness: [postgresCheck(pool)],
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
      { name: 'redis', close: async () => redis.disconnect() },
    ],
  };
});
