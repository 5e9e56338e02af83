import { randomText } from '@regard/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerClient, revokeClient } from '../src/clients.ts';
import { APPROVAL_GRANT } from '../src/routes/token.ts';
import {
  basic,
  type Client,
  postForm,
  redeem,
  startTokenService,
  type TestTokenService,
} from './token-service.ts';

let service: TestTokenService;
let client: Client;
beforeAll(async () => {
  service = await startTokenService();
  client = await service.newClient();
});
afterAll(() => service.close());

/** Redeems a fresh approval of `client`, showing what the test says. */
async function redeemWith(headers: Record<string, string>, form: Record<string, string> = {}) {
  const assertion = await service.approve(client.applicationId);
  const whole = { grant_type: APPROVAL_GRANT, assertion, ...form };
  return postForm(service.app, '/v3/token/', whole, headers);
}

describe('a client', () => {
  it('may use HTTP Basic', async () => {
    expect((await redeemWith(basic(client))).statusCode).toBe(200);
  });

  it('may form-encode what it puts into HTTP Basic', async () => {
    const applicationId = client.applicationId.replaceAll('-', '%2D');
    expect((await redeemWith(basic({ ...client, applicationId }))).statusCode).toBe(200);
  });

  it('may put id and key into the form', async () => {
    const form = { client_id: client.applicationId, client_secret: client.apiKey };
    expect((await redeemWith({}, form)).statusCode).toBe(200);
  });

  it('may send x-api-key alone', async () => {
    expect((await redeemWith({ 'x-api-key': client.apiKey })).statusCode).toBe(200);
  });

  it('is refused with 401 when it shows nothing', async () => {
    const answer = await redeemWith({});
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Basic realm="regard"');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      error: 'invalid_client',
      error_description: expect.any(String),
      code: 'RGD_BAD_CLIENT',
      request_id: expect.any(String),
    });
  });

  it('is refused when what it shows is not right', async () => {
    const stranger = await service.newClient();
    const wrong: [Record<string, string>, Record<string, string>][] = [
      [basic({ ...client, apiKey: randomText(43) }), {}],
      [basic({ ...client, applicationId: stranger.applicationId }), {}],
      [basic({ ...client, applicationId: '%E0%A4%A' }), {}],
      [{ authorization: `Bearer ${client.apiKey}` }, {}],
      [{ authorization: 'Basic' }, {}],
      [{ 'x-api-key': randomText(43) }, {}],
      [{ 'x-api-key': client.apiKey }, { client_id: stranger.applicationId }],
      [{}, { client_id: client.applicationId, client_secret: 'x' }],
      [{}, { client_id: client.applicationId }],
    ];
    for (const [headers, form] of wrong) {
      expect((await redeemWith(headers, form)).statusCode).toBe(401);
    }
  });

  it('is refused when it shows its key in two ways at once', async () => {
    const both = { ...basic(client), 'x-api-key': client.apiKey };
    expect((await redeemWith(both)).statusCode).toBe(401);
  });

  it('may have several keys, each of which can be revoked', async () => {
    const second = { ...client, apiKey: randomText(43) };
    await registerClient(service.database, second);
    await registerClient(service.database, second);
    expect((await redeemWith(basic(second))).statusCode).toBe(200);

    await revokeClient(service.database, second);
    expect((await redeemWith(basic(second))).statusCode).toBe(401);
    expect((await redeemWith(basic(client))).statusCode).toBe(200);
    await expect(registerClient(service.database, second)).rejects.toThrow('revoked');
  });

  it('cannot be registered with the key of another application', async () => {
    const stranger = await service.newClient();
    const taken = { ...stranger, apiKey: client.apiKey };
    await expect(registerClient(service.database, taken)).rejects.toThrow('another application');
    expect((await redeemWith(basic(client))).statusCode).toBe(200);
  });
});

describe('a token request', () => {
  it('of another grant type is unsupported', async () => {
    const answer = await redeemWith(basic(client), { grant_type: 'password' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      error: 'unsupported_grant_type',
      code: 'RGD_UNSUPPORTED_GRANT',
    });
  });

  it.each([
    ['assertion', { grant_type: APPROVAL_GRANT }],
    ['assertion', { grant_type: APPROVAL_GRANT, assertion: '' }],
    ['refresh_token', { grant_type: 'refresh_token' }],
    ['grant_type', {}],
  ])('without %s is invalid', async (missing, form) => {
    const answer = await postForm(service.app, '/v3/token/', form, basic(client));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      error: 'invalid_request',
      error_description: expect.stringContaining(missing),
      code: 'RGD_INVALID_REQUEST',
    });
  });

  it('that names a member twice is invalid', async () => {
    const answer = await service.app.inject({
      method: 'POST',
      url: '/v3/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...basic(client) },
      payload: `grant_type=${APPROVAL_GRANT}&assertion=a&assertion=b`,
    });
    expect(answer.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('that is not a form is refused', async () => {
    const answer = await service.app.inject({
      method: 'POST',
      url: '/v3/token/',
      headers: basic(client),
      payload: { grant_type: APPROVAL_GRANT, assertion: 'a' },
    });
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('larger than any approval is refused', async () => {
    const answer = await redeem(service.app, client, 'a'.repeat(20_000));
    expect(answer.statusCode).toBe(413);
  });
});
