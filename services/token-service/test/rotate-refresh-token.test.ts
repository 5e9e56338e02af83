import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  refresh,
  signIn,
  startTokenService,
  type TestTokenService,
  type TokenAnswer,
} from './token-service.ts';

const DAY_SECONDS = 24 * 60 * 60;

let service: TestTokenService;
beforeAll(async () => {
  service = await startTokenService();
});
afterAll(() => service.close());

describe('a refresh token', () => {
  it('is exchanged for a new pair that tells of the same sign-in', async () => {
    const client = await service.newClient();
    const first = await signIn(service, client);
    service.advance(300);
    const answer = await refresh(service.app, client, first.refresh_token);

    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const second = answer.json<TokenAnswer>();
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const [before, after] = [decodeJwt(first.access_token), decodeJwt(second.access_token)];
    expect(after.iat).toBe((before.iat as number) + 300);
    expect(after.jti).not.toBe(before.jti);
    const { sub, sid, aud, auth_time, acr, amr } = before;
    expect(after).toMatchObject({ sub, sid, aud, auth_time, acr, amr });
  });

  it('ends its whole family when it is used twice', async () => {
    const client = await service.newClient();
    const first = await signIn(service, client);
    const second = (await refresh(service.app, client, first.refresh_token)).json<TokenAnswer>();
    const third = (await refresh(service.app, client, second.refresh_token)).json<TokenAnswer>();

    const reused = await refresh(service.app, client, first.refresh_token);
    expect(reused.statusCode).toBe(400);
    expect(reused.json()).toMatchObject({ error: 'invalid_grant', code: 'RGD_INVALID_GRANT' });
    expect((await refresh(service.app, client, third.refresh_token)).statusCode).toBe(400);
  });

  it('leaves other sign-ins alone when its family ends', async () => {
    const client = await service.newClient();
    const [one, other] = [await signIn(service, client), await signIn(service, client)];
    await refresh(service.app, client, one.refresh_token);
    await refresh(service.app, client, one.refresh_token);
    expect((await refresh(service.app, client, other.refresh_token)).statusCode).toBe(200);
  });

  it('has one winner among twenty at once, and the others end the family', async () => {
    const client = await service.newClient();
    const { refresh_token } = await signIn(service, client);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => refresh(service.app, client, refresh_token)),
    );

    const winners = answers.filter(({ statusCode }) => statusCode === 200);
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ statusCode }) => statusCode === 400)).toHaveLength(19);
    const successor = winners[0]?.json<TokenAnswer>().refresh_token as string;
    expect((await refresh(service.app, client, successor)).statusCode).toBe(400);
  });

  it('is neither taken nor spent when another application shows it', async () => {
    const [client, stranger] = [await service.newClient(), await service.newClient()];
    const { refresh_token } = await signIn(service, client);
    expect((await refresh(service.app, stranger, refresh_token)).statusCode).toBe(400);
    expect((await refresh(service.app, client, refresh_token)).statusCode).toBe(200);
  });

  it('is refused when nobody issued it', async () => {
    const client = await service.newClient();
    const answer = await refresh(service.app, client, `rgd_rt_${'A'.repeat(43)}`);
    expect(answer.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('works until its family is thirty days old, however often it was refreshed', async () => {
    const client = await service.newClient();
    const first = await signIn(service, client);
    service.advance(30 * DAY_SECONDS - 120);
    const last = (await refresh(service.app, client, first.refresh_token)).json<TokenAnswer>();
    expect(last.expires_in).toBe(120);

    service.advance(120);
    const late = await refresh(service.app, client, last.refresh_token);
    expect(late.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('is stored by its hash only', async () => {
    const { refresh_token } = await signIn(service, await service.newClient());
    const rows = await service.database.selectFrom('tokens.refresh_tokens').selectAll().execute();
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row.token_hash).toHaveLength(32);
      expect(row.token_hash.includes(refresh_token)).toBe(false);
    }
  });
});
