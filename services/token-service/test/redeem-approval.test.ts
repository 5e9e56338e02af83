import { randomUUID } from 'node:crypto';
import { connectRedis, createMetrics } from '@regard/service-kit';
import { createRemoteJWKSet, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTokenService } from '../src/app.ts';
import {
  approvalClaims,
  ISSUER,
  newApproval,
  redeem,
  refresh,
  signIn,
  startTokenService,
  type TestTokenService,
  type TokenAnswer,
} from './token-service.ts';

let service: TestTokenService;
beforeAll(async () => {
  service = await startTokenService();
});
afterAll(() => service.close());

const grantOf = (approvalId: string) =>
  service.database
    .selectFrom('tokens.grants')
    .selectAll()
    .where('approval_id', '=', approvalId)
    .executeTakeFirst();

describe('redeeming an approval', () => {
  it('gives an access token that a resource server verifies by the published keys', async () => {
    const client = await service.newClient();
    const approval = newApproval(client.applicationId, service.clock.now);
    const assertion = await service.approve(client.applicationId, approval);
    const answer = await redeem(service.app, client, assertion);

    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const tokens = answer.json<TokenAnswer>();
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: expect.stringMatching(/^rgd_rt_[\w-]{43}$/),
    });

    const address = await service.app.listen({ host: '127.0.0.1', port: 0 });
    const keys = createRemoteJWKSet(new URL(`${address}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
      issuer: ISSUER,
      audience: client.applicationId,
      typ: 'at+jwt',
      currentDate: service.clock.now,
    });
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: 'token-key-1' });
    const issuedAt = Math.floor(service.clock.now.getTime() / 1000);
    expect(payload).toEqual({
      iss: ISSUER,
      sub: approval.subject,
      aud: client.applicationId,
      client_id: client.applicationId,
      sid: approval.sessionId,
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + 600,
      auth_time: approval.authenticatedAt,
      acr: 'urn:regard:acr:face',
      amr: ['face'],
      jti: expect.any(String),
    });
  });

  it('refuses a second redemption and ends the tokens of the first', async () => {
    const client = await service.newClient();
    const assertion = await service.approve(client.applicationId);
    const first = (await redeem(service.app, client, assertion)).json<TokenAnswer>();

    const second = await redeem(service.app, client, assertion);
    expect(second.statusCode).toBe(400);
    expect(second.json()).toEqual({
      error: 'invalid_grant',
      error_description: expect.any(String),
      code: 'RGD_INVALID_GRANT',
      request_id: second.headers['x-request-id'],
    });
    const refreshed = await refresh(service.app, client, first.refresh_token);
    expect(refreshed.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('leaves an approval unspent that another application shows', async () => {
    const [client, stranger] = [await service.newClient(), await service.newClient()];
    const assertion = await service.approve(client.applicationId);

    const stolen = await redeem(service.app, stranger, assertion);
    expect(stolen.statusCode).toBe(400);
    expect(stolen.json()).toMatchObject({ error: 'invalid_grant' });
    expect((await redeem(service.app, client, assertion)).statusCode).toBe(200);
  });

  it('has one winner among twenty at once, and ends its grant', async () => {
    const client = await service.newClient();
    const approval = newApproval(client.applicationId, service.clock.now);
    const assertion = await service.approve(client.applicationId, approval);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => redeem(service.app, client, assertion)),
    );

    const statuses = answers.map(({ statusCode }) => statusCode).sort();
    expect(statuses).toEqual([200, ...Array(19).fill(400)]);
    expect(await grantOf(approval.id)).toMatchObject({ revoked_reason: 'approval_replayed' });
  });
});

describe('the two guards of a redemption', () => {
  it('refuses a second redemption after Redis lost its data', async () => {
    const client = await service.newClient();
    const assertion = await service.approve(client.applicationId);
    await redeem(service.app, client, assertion);
    await service.redis.flushdb();
    expect((await redeem(service.app, client, assertion)).statusCode).toBe(400);
  });

  it('refuses a second redemption after Postgres lost the grant', async () => {
    const client = await service.newClient();
    const approval = newApproval(client.applicationId, service.clock.now);
    const assertion = await service.approve(client.applicationId, approval);
    await redeem(service.app, client, assertion);
    await service.database
      .deleteFrom('tokens.grants')
      .where('approval_id', '=', approval.id)
      .execute();

    expect((await redeem(service.app, client, assertion)).statusCode).toBe(400);
    expect(await grantOf(approval.id)).toMatchObject({ revoked_reason: 'approval_replayed' });
  });

  it('answers 503 while Redis is away, and the approval is good afterwards', async () => {
    const client = await service.newClient();
    const approval = newApproval(client.applicationId, service.clock.now);
    const assertion = await service.approve(client.applicationId, approval);
    const redis = connectRedis('redis://127.0.0.1:1', 'fail-fast', service.deps.logger);
    const cutOff = buildTokenService({ ...service.deps, metrics: createMetrics('cut-off'), redis });
    try {
      const refused = await redeem(cutOff, client, assertion);
      expect(refused.statusCode).toBe(503);
      expect(refused.json()).toMatchObject({ error: 'temporarily_unavailable' });
      expect(refused.headers['retry-after']).toBe('1');
      expect(await grantOf(approval.id)).toBeUndefined();
    } finally {
      redis.disconnect();
      await cutOff.close();
    }
    expect((await redeem(service.app, client, assertion)).statusCode).toBe(200);
  });
});

describe('an assertion that is not a good approval', () => {
  it('is refused when it is a minute old', async () => {
    const client = await service.newClient();
    const assertion = await service.approve(client.applicationId);
    service.advance(66);
    const answer = await redeem(service.app, client, assertion);
    expect(answer.json()).toMatchObject({ error: 'invalid_grant' });
  });

  type Forge = (claims: ReturnType<typeof approvalClaims>) => Promise<string>;
  const header = { alg: 'EdDSA', typ: 'regard-approval+jwt', kid: 'approval-key-1' };
  const sign = (claims: object, changes: object = {}) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ ...header, ...changes })
      .sign(service.approvalKey.privateKey);

  const forgeries: [string, Forge][] = [
    ['has another type', (claims) => sign(claims, { typ: 'JWT' })],
    ['is meant for another audience', (claims) => sign({ ...claims, aud: 'someone-else' })],
    ['comes from another issuer', (claims) => sign({ ...claims, iss: ISSUER })],
    ['lives longer than a minute', (claims) => sign({ ...claims, exp: claims.iat + 3600 })],
    ['names no session', ({ sid: _, ...claims }) => sign(claims)],
    [
      'is signed by a key we do not know',
      async (claims) => {
        const { privateKey } = await generateKeyPair('EdDSA');
        return new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
      },
    ],
    [
      'has no signature',
      async (claims) => {
        const parts = [{ ...header, alg: 'none' }, claims].map((part) =>
          Buffer.from(JSON.stringify(part)).toString('base64url'),
        );
        return `${parts.join('.')}.`;
      },
    ],
    [
      'uses the public key as a shared secret',
      (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ ...header, alg: 'HS256' })
          .sign(Buffer.from(service.approvalJwk.x as string, 'base64url')),
    ],
    [
      'is an access token',
      async () => (await signIn(service, await service.newClient())).access_token,
    ],
    ['is not a JWT', async () => randomUUID()],
  ];

  it('is believed when nothing is wrong with it', async () => {
    const client = await service.newClient();
    const claims = approvalClaims(newApproval(client.applicationId, service.clock.now));
    expect((await redeem(service.app, client, await sign(claims))).statusCode).toBe(200);
  });

  it.each(forgeries)('is refused when it %s', async (_what, forge) => {
    const client = await service.newClient();
    const approval = newApproval(client.applicationId, service.clock.now);
    const answer = await redeem(service.app, client, await forge(approvalClaims(approval)));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: 'invalid_grant', code: 'RGD_INVALID_GRANT' });
    expect(await grantOf(approval.id)).toBeUndefined();
  });
});
