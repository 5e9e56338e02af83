import { commonSettings, redisUrl, textList } from '@regard/service-kit';
import { z } from 'zod';

export const configSchema = z.object({
  ...commonSettings,
  REDIS_URL: redisUrl.describe('Redis of the queue, with AOF on and maxmemory-policy noeviction.'),
  VERIFICATION_PROVIDER_SECRET: textList.describe(
    'Webhook secrets of the verification provider, comma separated: two while one is rotated.',
  ),
});

export type Config = z.infer<typeof configSchema>;
