import { commonSettings, databaseUrl, httpUrl, jwkText, redisUrl } from '@regard/service-kit';
import { z } from 'zod';

const publicKey = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
});

const approvalKeys = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a JWK Set as JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.object({ keys: z.array(publicKey).min(1) }))
  .refine(({ keys }) => keys.every((key) => !('d' in key)), {
    error: 'must hold public keys only',
  });

const tokenSigningKey = jwkText.pipe(publicKey.extend({ d: z.string() }));

/** The settings of the token-service; read with service-kit's `loadConfig`. */
export const configSchema = z
  .object({
    ...commonSettings,
    DATABASE_URL: databaseUrl.describe('Postgres, as the role that owns the rows of `tokens`.'),
    REDIS_URL: redisUrl.describe('Redis: where redeemed approvals are remembered first.'),
    PUBLIC_URL: httpUrl.describe('Where clients reach this service; `iss` of every token.'),
    APPROVAL_KEYS: approvalKeys.describe(
      'JWK Set (JSON) of the public Ed25519 keys whose approvals are believed.',
    ),
    TOKEN_SIGNING_KEY: tokenSigningKey.describe(
      'Private Ed25519 JWK (JSON, with `kid`) that signs access tokens. Used for nothing else.',
    ),
    ACCESS_TOKEN_SECONDS: z.coerce
      .number()
      .int()
      .min(30)
      .max(600)
      .default(600)
      .describe('Life of an access token. It cannot be called back, hence the limit of 600.'),
    REFRESH_TOKEN_DAYS: z.coerce
      .number()
      .int()
      .min(1)
      .max(365)
      .default(30)
      .describe('Days after a sign-in until the selfie is due again; refreshing adds none.'),
  })
  .refine(({ APPROVAL_KEYS, TOKEN_SIGNING_KEY }) => isOther(TOKEN_SIGNING_KEY.x, APPROVAL_KEYS), {
    error: 'must be another key than those of APPROVAL_KEYS',
    path: ['TOKEN_SIGNING_KEY'],
  });

/** A key with two purposes lets a token of one kind pass for the other (RFC 8725, 3.8). */
function isOther(x: string, { keys }: { keys: { x: string }[] }): boolean {
  return keys.every((key) => key.x !== x);
}
