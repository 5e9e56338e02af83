import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  postForm,
  refresh,
  revoke,
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

describe('revocation', () => {
  it('by a refresh token ends its family, successors included', async () => {
    const client = await service.newClient();
    const first = await signIn(service, client);
    const second = (await refresh(service.app, client, first.refresh_token)).json<TokenAnswer>();

    const answer = await revoke(service.app, client, first.refresh_token);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect((await refresh(service.app, client, second.refresh_token)).statusCode).toBe(400);
  });

  it('keeps the reason and the time of the first of several', async () => {
    const client = await service.newClient();
    const { access_token, refresh_token } = await signIn(service, client);
    const grant = () =>
      service.database
        .selectFrom('tokens.grants')
        .select(['revoked_reason', 'revoked_at'])
        .where('application_id', '=', client.applicationId)
        .executeTakeFirstOrThrow();
    await refresh(service.app, client, refresh_token);
    await refresh(service.app, client, refresh_token);
    const first = await grant();
    expect(first.revoked_reason).toBe('refresh_token_reused');
    service.advance(1);
    await revoke(service.app, client, access_token);
    expect(await grant()).toEqual(first);
  });

  it('by an access token ends its session', async () => {
    const client = await service.newClient();
    const { access_token, refresh_token } = await signIn(service, client);
    expect((await revoke(service.app, client, access_token)).statusCode).toBe(200);
    expect((await refresh(service.app, client, refresh_token)).statusCode).toBe(400);
  });

  it('leaves the other sessions of the application alone', async () => {
    const client = await service.newClient();
    const [one, other] = [await signIn(service, client), await signIn(service, client)];
    await revoke(service.app, client, one.access_token);
    expect((await refresh(service.app, client, other.refresh_token)).statusCode).toBe(200);
  });

  it('of what another application holds is answered 200 and changes nothing', async () => {
    const [client, stranger] = [await service.newClient(), await service.newClient()];
    const { access_token, refresh_token } = await signIn(service, client);
    for (const token of [access_token, refresh_token]) {
      expect((await revoke(service.app, stranger, token)).statusCode).toBe(200);
    }
    expect((await refresh(service.app, client, refresh_token)).statusCode).toBe(200);
  });

  it.each(['', 'x', `rgd_rt_${'A'.repeat(43)}`, 'eyJhbGciOiJub25lIn0.e30.'])(
    'of the unknown token "%s" is no server fault',
    async (token) => {
      const answer = await revoke(service.app, await service.newClient(), token);
      expect(answer.statusCode).toBe(token === '' ? 400 : 200);
    },
  );

  it('asks who is asking', async () => {
    const client = await service.newClient();
    const { refresh_token } = await signIn(service, client);
    const answer = await postForm(service.app, '/v3/token/revoke/', { token: refresh_token });
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({ error: 'invalid_client', code: 'RGD_BAD_CLIENT' });
    expect((await refresh(service.app, client, refresh_token)).statusCode).toBe(200);
  });
});
