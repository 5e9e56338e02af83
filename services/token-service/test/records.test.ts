import { createPool, randomText } from '@regard/service-kit';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Client,
  redeem,
  refresh,
  revoke,
  signIn,
  startTokenService,
  type TestTokenService,
  type TokenAnswer,
} from './token-service.ts';

let service: TestTokenService;
let client: Client;
let secrets: string[];
beforeAll(async () => {
  service = await startTokenService();
  client = await service.newClient();
  secrets = await useEverything();
});
afterAll(() => service.close());

/** Goes through every route, rightly and wrongly; returns all that must stay secret. */
async function useEverything(): Promise<string[]> {
  const { app } = service;
  const wrongKey = randomText(43);
  const stranger = await service.newClient();
  const subject = 'vendor-data-of-a-person';
  const assertion = await service.approve(client.applicationId, { subject });
  await redeem(app, stranger, assertion);
  await redeem(app, { ...client, apiKey: wrongKey }, assertion);
  const first = (await redeem(app, client, assertion)).json<TokenAnswer>();
  await redeem(app, client, assertion);
  await refresh(app, client, first.refresh_token);
  const second = await signIn(service, client);
  const third = (await refresh(app, client, second.refresh_token)).json<TokenAnswer>();
  await refresh(app, client, second.refresh_token);
  await revoke(app, client, third.access_token);
  await revoke(app, client, third.refresh_token);
  const pairs = [first, second, third].flatMap((pair) => [pair.access_token, pair.refresh_token]);
  return [subject, assertion, wrongKey, client.apiKey, stranger.apiKey, ...pairs];
}

describe('the log', () => {
  it('tells of each token request in one line with what an operator asks for', async () => {
    const session = decodeJwt((await signIn(service, client)).access_token).sid;
    const lines = service.log
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ sessionId }) => sessionId === session);
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'token.granted',
        grant: 'approval',
        applicationId: client.applicationId,
        ms: expect.any(Number),
      }),
    ]);
  });

  it('gives the reason of each refusal', () => {
    const reasons = service.log
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'token.refused')
      .map(({ reason }) => reason);
    expect(reasons).toEqual([
      'other_client',
      'approval_replayed',
      'grant_revoked',
      'refresh_token_reused',
    ]);
  });

  it('holds no token, no key, no assertion and no person', () => {
    const text = service.log.join('');
    expect(text).toContain('token.granted');
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe('the metrics', () => {
  it('count grants and refusals', async () => {
    const { body } = await service.app.inject('/metrics');
    expect(body).toMatch(/tokens_granted_total\{grant="approval",.*\} 3/);
    expect(body).toMatch(/tokens_granted_total\{grant="refresh_token",.*\} 1/);
    expect(body).toMatch(/tokens_refused_total\{grant="approval",reason="other_client",.*\} 1/);
    expect(body).toMatch(/token_grant_duration_seconds_count\{.*outcome="refused".*\} 2/);
  });
});

describe('the tables', () => {
  it('cannot be read by the role of another owner', async () => {
    const { logger } = service.deps;
    const other = createPool(service.urls.reauth, { applicationName: 'test', logger });
    try {
      for (const table of ['clients', 'grants', 'refresh_tokens']) {
        const reading = other.query(`select * from tokens.${table}`);
        await expect(reading).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await other.end();
    }
  });
});
