import { commonSettings, databaseUrl, httpUrl, key32, redisUrl } from '@regard/service-kit';
import { z } from 'zod';

export const configSchema = z.object({
  ...commonSettings,
  DATABASE_URL: databaseUrl.describe('Postgres, as the role of schema reauth.'),
  REDIS_URL: redisUrl.describe('Redis of the queue, with AOF on and maxmemory-policy noeviction.'),
  PUBLIC_GATEWAY_URL: httpUrl.describe('Base url at which browsers reach the gateway.'),
  SESSION_LINK_SECRET: key32.describe('32 bytes, base64url; the same as the gateway has.'),
  CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(20)
    .describe('Verdicts decided at the same time; each takes a Postgres connection.'),
});

export type Config = z.infer<typeof configSchema>;
