import {
  commonSettings,
  databaseUrl,
  flag,
  httpUrl,
  key32,
  redisUrl,
  textList,
} from '@regard/service-kit';
import { z } from 'zod';

export const configSchema = z
  .object({
    ...commonSettings,
    DATABASE_URL: databaseUrl.describe('Postgres, as the role of schema biometrics.'),
    REDIS_URL: redisUrl.describe('Redis, where the decision side announces outcomes.'),
    PUBLIC_URL: httpUrl.describe('Base url at which browsers reach the capture page.'),
    VERIFIER_API_KEYS: textList.describe('API keys of gateways, comma-separated.'),
    WEBHOOK_URL: httpUrl.describe('Where verdicts are sent: the webhook-ingest.'),
    WEBHOOK_SECRET: z
      .string()
      .min(16)
      .describe('Signs the webhooks; the webhook-ingest has it too.'),
    TEMPLATE_KEY: key32.describe(
      '32 bytes, base64url; seals face templates. Losing it loses every enrolment.',
    ),
    FACE_WORKERS: z.coerce
      .number()
      .int()
      .min(1)
      .max(256)
      .optional()
      .describe('Threads that analyse faces; as many as there are cores when left out.'),
    TRUST_PROXY: flag
      .default(false)
      .describe('Whether X-Forwarded-For is believed: only behind a proxy of your own.'),
    DANGEROUS_TEST_CALIBRATION: z
      .string()
      .optional()
      .describe('File of a calibration for drawn test faces; opens the DRAWN_ workflows.'),
  })
  .refine(
    ({ REGARD_MODE, DANGEROUS_TEST_CALIBRATION }) =>
      REGARD_MODE !== 'production' || DANGEROUS_TEST_CALIBRATION === undefined,
    { path: ['DANGEROUS_TEST_CALIBRATION'], error: 'must not be set in production' },
  );

export type Config = z.infer<typeof configSchema>;
