import {
  commonSettings,
  databaseUrl,
  flag,
  httpUrl,
  jwkText,
  key32,
  redisUrl,
} from '@regard/service-kit';
import { z } from 'zod';

export const configSchema = z.object({
  ...commonSettings,
  DATABASE_URL: databaseUrl.describe('Postgres, as the role of schema reauth.'),
  REDIS_URL: redisUrl.describe('Redis for rate limits and for outcomes.'),
  PUBLIC_URL: httpUrl.describe('Base url at which browsers and apps reach the gateway.'),
  VERIFICATION_PROVIDER_URL: httpUrl.describe(
    'Base url of the verification provider: our verifier, or a hosted one.',
  ),
  VERIFICATION_PROVIDER_KEY: z.string().min(1).describe('API key of ours at the provider.'),
  SESSION_LINK_SECRET: key32.describe('32 bytes, base64url; the same as the decision-worker has.'),
  APPROVAL_SIGNING_KEY: jwkText.describe(
    'Ed25519 private key (JWK with kid) that signs approvals; the token-service has its public half.',
  ),
  TOR_EXIT_LIST: z.string().optional().describe('File of Tor exit addresses, one a line.'),
  VPN_LIST: z.string().optional().describe('File of VPN exit addresses and ranges, one a line.'),
  TRUST_PROXY: flag
    .default(false)
    .describe('Whether X-Forwarded-For is believed: only behind a proxy of your own.'),
  SESSION_CREATES_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .default(600)
    .describe('Session creations a minute and API key.'),
});

export type Config = z.infer<typeof configSchema>;
