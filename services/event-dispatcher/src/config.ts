import { commonSettings, databaseUrl, flag, key32, redisUrl } from '@regard/service-kit';
import { z } from 'zod';
import { DEFAULT_RETRY_SECONDS } from './retry-schedule.ts';

const settings = z.object({
  ...commonSettings,
  DATABASE_URL: databaseUrl.describe('Postgres, as the role of schema reauth.'),
  REDIS_URL: redisUrl.describe('Redis that holds the event stream.'),
  DESTINATION_SECRETS_KEY: key32.describe(
    '32 bytes, base64url; unseals the secrets of destinations, the same as the gateway has.',
  ),
  DANGEROUS_ALLOW_PRIVATE_DESTINATIONS: flag
    .default(false)
    .describe('Allows webhooks to private addresses and over plain http. For development only.'),
  DELIVERY_CONCURRENCY: whole(1, 1000).default(64).describe('Webhooks under way at one time.'),
  DELIVERY_CONCURRENCY_PER_DESTINATION: whole(1, 1000)
    .default(8)
    .describe('Webhooks under way to one destination, so that a slow one cannot take them all.'),
  DELIVERY_RETRY_SECONDS: z
    .string()
    .regex(/^\s*\d{1,7}\s*(,\s*\d{1,7}\s*){0,49}$/, 'must be whole seconds, comma-separated')
    .transform((text) => text.split(',').map(Number))
    .default([...DEFAULT_RETRY_SECONDS])
    .describe('Pauses before the second, third, … attempt, each give or take 10 %.'),
  DELIVERY_TIMEOUT_MS: whole(100, 60_000)
    .default(15_000)
    .describe('Time a destination has for its whole answer, connecting included.'),
  STREAM_MAX_LENGTH: whole(1000, 1_000_000_000)
    .default(1_000_000)
    .describe('Events the Redis Stream keeps, approximately; older ones are trimmed.'),
});

export const configSchema = settings.refine(
  (config) => config.REGARD_MODE !== 'production' || !config.DANGEROUS_ALLOW_PRIVATE_DESTINATIONS,
  {
    path: ['DANGEROUS_ALLOW_PRIVATE_DESTINATIONS'],
    error: 'is refused with REGARD_MODE=production',
  },
);

export type Config = z.infer<typeof configSchema>;

function whole(least: number, most: number) {
  return z.coerce.number().int().min(least).max(most);
}
