import { afterAll, beforeAll, expect, it } from 'vitest';
import { ISSUER, startTokenService, type TestTokenService } from './token-service.ts';

let service: TestTokenService;
beforeAll(async () => {
  service = await startTokenService();
});
afterAll(() => service.close());

it('publishes the public half of the signing key and nothing of the private one', async () => {
  const answer = await service.app.inject('/.well-known/jwks.json');
  expect(answer.headers['cache-control']).toBe('public, max-age=300');
  const { x } = service.deps.accessTokens.signingKey.publicJwk;
  expect(answer.json()).toEqual({
    keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid: 'token-key-1', alg: 'EdDSA', use: 'sig' }],
  });
});

it('publishes metadata whose endpoints are there', async () => {
  const answer = await service.app.inject('/.well-known/oauth-authorization-server');
  const metadata = answer.json();
  expect(metadata.issuer).toBe(ISSUER);
  for (const name of ['token_endpoint', 'revocation_endpoint']) {
    const url = metadata[name].replace(ISSUER, '');
    expect((await service.app.inject({ method: 'POST', url })).statusCode).not.toBe(404);
  }
  const keys = await service.app.inject(metadata.jwks_uri.replace(ISSUER, ''));
  expect(keys.statusCode).toBe(200);
});
