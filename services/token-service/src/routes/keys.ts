import type { HttpApp } from '@regard/service-kit';
import { z } from 'zod';
import type { AccessTokenSettings } from '../access-token.ts';
import { APPROVAL_GRANT, REFRESH_GRANT } from './token.ts';

/** Seconds a verifier may keep the key set: how late it may learn of a new key. */
const KEYS_MAX_AGE_SECONDS = 300;

const publicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
});

/** What a verifier and a client need to find by themselves: the key set and RFC 8414 metadata. */
export function addKeyRoutes(app: HttpApp, { issuer, signingKey }: AccessTokenSettings): void {
  const cacheControl = `public, max-age=${KEYS_MAX_AGE_SECONDS}`;
  const keySchema = { response: { 200: z.object({ keys: z.array(publicKey) }) } };
  app.get('/.well-known/jwks.json', { schema: keySchema }, async (_request, reply) => {
    reply.header('cache-control', cacheControl);
    return { keys: [publicKey.parse(signingKey.publicJwk)] };
  });

  const metadata = {
    issuer,
    token_endpoint: `${issuer}/v3/token/`,
    revocation_endpoint: `${issuer}/v3/token/revoke/`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    grant_types_supported: [APPROVAL_GRANT, REFRESH_GRANT],
    // Required by RFC 8414; empty because there is no authorization endpoint.
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  };
  const text = z.union([z.string(), z.array(z.string())]);
  const metadataSchema = { response: { 200: z.record(z.string(), text) } };
  app.get(
    '/.well-known/oauth-authorization-server',
    { schema: metadataSchema },
    async (_request, reply) => {
      reply.header('cache-control', cacheControl);
      return metadata;
    },
  );
}
