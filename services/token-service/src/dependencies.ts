import type { Logger, Metrics, ReadinessCheck } from '@regard/service-kit';
import type { Redis } from 'ioredis';
import type { JWTVerifyGetKey } from 'jose';
import type { AccessTokenSettings } from './access-token.ts';
import type { TokensDatabase } from './schema.ts';

/** Everything the token-service is built from. */
export interface TokenServiceDeps {
  logger: Logger;
  metrics: Metrics;
  readiness: readonly ReadinessCheck[];
  database: TokensDatabase;
  /** Fail-fast: a request must not hang on a Redis that is away. */
  redis: Redis;
  /** Keys that may sign approvals. */
  approvalKeys: JWTVerifyGetKey;
  accessTokens: AccessTokenSettings;
  /** Absolute life of a grant, in days. */
  refreshTokenDays: number;
  now: () => Date;
}
