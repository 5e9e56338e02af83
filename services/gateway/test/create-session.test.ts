import { randomUUID } from 'node:crypto';
import { verifyApproval } from '@regard/contract';
import { findSession, sessionEvents, usageOf } from '@regard/store';
import { createLocalJWKSet, decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGateway, type Gateway, rememberSelfie } from './gateway-fixture.ts';

let gateway: Gateway;
let workflow: { id: string; version: number };

beforeAll(async () => {
  gateway = await createGateway();
  workflow = await gateway.workflow();
});

afterAll(() => gateway.close());

beforeEach(() => {
  gateway.provider.calls.length = 0;
});

const home = { device_id: 'd-home', from_ip: '203.0.113.7' };
const body = (change: object = {}) => ({
  workflow_id: workflow.id,
  vendor_data: randomUUID(),
  callback: 'https://app.example/done?keep=1',
  metadata: home,
  ...change,
});
const create = (change: object = {}) => gateway.call('POST', '/v3/session/', body(change));

describe('POST /v3/session/', () => {
  it('opens a session at the provider and tells it nothing of the person', async () => {
    const answer = await create({ vendor_data: 'ada@example.org', language: 'ar' });
    expect(answer.statusCode).toBe(201);
    const session = answer.json();
    expect(session).toMatchObject({
      session_kind: 'user',
      status: 'Not Started',
      vendor_data: 'ada@example.org',
      metadata: home,
      workflow_version: 1,
      method: 'PASSIVE',
      entry_reason: 'NEW_DEVICE',
    });
    expect(session.url).toMatch(/^https:\/\/provider\.example\/en\/session\//);
    expect(session).not.toHaveProperty('code');
    const [call] = gateway.provider.calls;
    expect(call?.body).toMatchObject({
      metadata: { regard_session_id: session.session_id },
      language: 'ar',
      expected_details: { ip_address: '203.0.113.7' },
    });
    expect(call?.body.callback).toMatch(/^https:\/\/regard\.example\/session\//);
    expect(JSON.stringify(call?.body)).not.toMatch(/ada@example|app\.example|d-home/);
    const events = await sessionEvents(gateway.db, session.session_id);
    expect(events.map(({ status }) => status)).toEqual(['Not Started']);
  });

  it('answers with and without the slash, and numbers sessions upwards', async () => {
    const first = (await gateway.call('POST', '/v3/session', body())).json();
    const second = (await create()).json();
    expect(second.session_number).toBeGreaterThan(first.session_number);
  });

  it.each([
    ['a new device on Tor', { device_id: 'd-2', from_ip: '198.51.100.7' }, 'ACTIVE_3D'],
    ['no device', { from_ip: '203.0.113.7' }, 'PASSIVE'],
    ['metadata as text', JSON.stringify({ device_id: 'd', from_ip: '198.51.100.7' }), 'ACTIVE_3D'],
  ])('%s: the entry rule asks for the method', async (_what, metadata, method) => {
    expect((await create({ metadata })).json()).toMatchObject({ method, metadata });
  });

  it('hands out the unfinished session again with the new callback and metadata', async () => {
    const vendor_data = randomUUID();
    const first = (await create({ vendor_data })).json();
    const metadata = { ...home, cart: 2 };
    const second = (
      await create({ vendor_data, callback: 'https://app.example/2', metadata })
    ).json();
    expect(second).toMatchObject({
      session_id: first.session_id,
      url: first.url,
      callback: 'https://app.example/2',
      metadata,
    });
    expect(gateway.provider.calls).toHaveLength(1);
  });

  it('gives two tabs that ask at once one session', async () => {
    const vendor_data = randomUUID();
    const answers = await Promise.all(Array.from({ length: 6 }, () => create({ vendor_data })));
    const ids = new Set(answers.map((answer) => answer.json().session_id));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(6).fill(201));
    expect(ids.size).toBe(1);
  });

  it('opens the step anew when a repeated create calls for more than the session asks', async () => {
    const vendor_data = randomUUID();
    const first = (await create({ vendor_data })).json();
    const metadata = { device_id: 'd-2', from_ip: '198.51.100.7' };
    const second = (await create({ vendor_data, metadata })).json();
    expect(second).toMatchObject({ session_id: first.session_id, method: 'ACTIVE_3D' });
    expect(second.url).not.toBe(first.url);
    const third = (await create({ vendor_data })).json();
    expect(third).toMatchObject({ method: 'ACTIVE_3D', url: second.url });
  });

  it('does not reuse a session of an older version of the workflow', async () => {
    const own = await gateway.workflow();
    const vendor_data = randomUUID();
    const first = (await create({ vendor_data, workflow_id: own.id })).json();
    const { publishWorkflow, findWorkflow } = await import('@regard/store');
    const stored = await findWorkflow(gateway.db, gateway.applicationId, own.id);
    if (stored === null) throw new Error('No workflow');
    const { application_id: applicationId, label, config } = stored;
    await publishWorkflow(gateway.db, { id: own.id, applicationId, label, config });
    const second = (await create({ vendor_data, workflow_id: own.id })).json();
    expect(second.session_id).not.toBe(first.session_id);
    expect(second.workflow_version).toBe(2);
  });
});

describe('a known device on a known address', () => {
  async function knownUser(daysAgo: number): Promise<string> {
    const vendor_data = randomUUID();
    const { session_id } = (await create({ vendor_data })).json();
    await rememberSelfie(gateway, session_id, daysAgo);
    const { transition, lockSession } = await import('@regard/store');
    await gateway.db.transaction().execute(async (trx) => {
      const session = await lockSession(trx, session_id);
      if (session === null) throw new Error('No session');
      await transition(trx, session, { to: 'Declined', by: 'verdict', now: new Date() });
    });
    gateway.provider.calls.length = 0;
    return vendor_data;
  }

  it('skips the selfie: Approved at once, marked, with a code that proves no more than that', async () => {
    const vendor_data = await knownUser(3);
    const session = (await create({ vendor_data })).json();
    expect(session).toMatchObject({
      status: 'Approved',
      method: 'SKIP',
      entry_reason: 'KNOWN_DEVICE_AND_ADDRESS',
    });
    expect(gateway.provider.calls).toEqual([]);
    const keys = createLocalJWKSet({ keys: [gateway.publicKey] });
    const check = await verifyApproval(session.code, keys);
    expect(check).toMatchObject({
      ok: true,
      approval: {
        sessionId: session.session_id,
        applicationId: gateway.applicationId,
        subject: vendor_data,
        acr: 'urn:regard:acr:device',
        amr: ['rba'],
      },
    });
    const { auth_time = 0, iat = 0, exp = 0 } = decodeJwt<{ auth_time: number }>(session.code);
    expect(iat - auth_time).toBeGreaterThan(2 * 86_400);
    expect(exp - iat).toBe(60);
    const events = await sessionEvents(gateway.db, session.session_id);
    expect(events.map(({ status }) => status)).toEqual(['Not Started', 'In Progress', 'Approved']);
    expect(await usageOf(gateway.db, session.session_id)).toMatchObject([{ amount: '0.0000' }]);
  });

  it('leads a browser that opens the url anyway straight back with the code', async () => {
    const vendor_data = await knownUser(3);
    const session = (await create({ vendor_data })).json();
    const answer = await gateway.call('GET', new URL(session.url).pathname);
    const target = new URL(answer.headers.location as string);
    expect(target.searchParams.get('keep')).toBe('1');
    expect(target.searchParams.get('verificationSessionId')).toBe(session.session_id);
    expect(target.searchParams.get('code')).toBe(session.code);
  });

  it.each([
    ['the last selfie is older than 30 days', 31, {}],
    ['the address is new', 3, { metadata: { ...home, from_ip: '203.0.113.200' } }],
    ['it comes over Tor', 3, { metadata: { ...home, from_ip: '198.51.100.7' } }],
    ['the request says nothing of the device', 3, { metadata: {} }],
    ['it is an enrolment', 3, { purpose: 'enrolment' }],
  ])('takes the selfie when %s', async (_why, daysAgo, change) => {
    const vendor_data = await knownUser(daysAgo);
    const session = (await create({ vendor_data, ...change })).json();
    expect(session).toMatchObject({ status: 'Not Started', method: 'PASSIVE' });
    expect(session).not.toHaveProperty('code');
  });
});

describe('refusals of POST /v3/session/', () => {
  it.each([
    ['no key', {}, 403, 'RGD_MISSING_API_KEY'],
    ['a wrong key', { 'x-api-key': 'sk_test_wrong' }, 401, 'RGD_BAD_API_KEY'],
  ])('%s, before anything is said about the body', async (_what, headers, status, code) => {
    const answer = await gateway.call('POST', '/v3/session/', { nonsense: 1 }, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ code, request_id: expect.any(String) });
  });

  it('an expired or a revoked key', async () => {
    const { addApiKey } = await import('@regard/store');
    const { applicationId, db } = gateway;
    await addApiKey(db, { applicationId, apiKey: 'old', expiresAt: new Date(Date.now() - 1000) });
    const expired = await gateway.call('POST', '/v3/session/', body(), { 'x-api-key': 'old' });
    expect(expired.statusCode).toBe(401);
    expect(expired.json()).toMatchObject({ detail: 'This API key has expired.' });
    await addApiKey(db, { applicationId, apiKey: 'gone' });
    await db
      .updateTable('reauth.api_keys')
      .set({ revoked_at: new Date() })
      .where('label', '=', '')
      .where('expires_at', 'is', null)
      .where('application_id', '=', applicationId)
      .where('created_at', '=', (eb) =>
        eb.selectFrom('reauth.api_keys').select((inner) => inner.fn.max('created_at').as('newest')),
      )
      .execute();
    const revoked = await gateway.call('POST', '/v3/session/', body(), { 'x-api-key': 'gone' });
    expect(revoked.json()).toMatchObject({ code: 'RGD_BAD_API_KEY' });
  });

  it.each([
    ['no workflow', { workflow_id: undefined }, 'workflow_id', 'RGD_INVALID_REQUEST'],
    ['an unknown workflow', { workflow_id: randomUUID() }, 'workflow_id', 'RGD_UNKNOWN_WORKFLOW'],
    ['another type', { workflow_type: 'kyc' }, 'workflow_type', 'RGD_WORKFLOW_TYPE_MISMATCH'],
    [
      'a callback that is no web address',
      { callback: 'javascript:alert(1)' },
      'callback',
      'RGD_INVALID_REQUEST',
    ],
    ['an unknown language', { language: 'xx' }, 'language', 'RGD_INVALID_REQUEST'],
    [
      'too much metadata',
      { metadata: { pad: 'x'.repeat(5000) } },
      'metadata',
      'RGD_INVALID_REQUEST',
    ],
    [
      'an enrolment of nobody',
      { purpose: 'enrolment', vendor_data: undefined },
      'vendor_data',
      'RGD_INVALID_REQUEST',
    ],
  ])('%s: 400 naming the field', async (_what, change, field, code) => {
    const answer = await create(change);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code, [field]: expect.anything() });
  });

  it.each([
    ['vendor_data', { vendor_data: 'a\u0000b' }],
    ['metadata', { metadata: { note: 'a\u0000b' } }],
    ['metadata', { metadata: { note: '\ud800' } }],
    ['expected_details', { expected_details: { pad: 'x'.repeat(5000) } }],
    ['contact_details', { contact_details: 'text' }],
    ['metadata', { metadata: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) }],
  ])('what cannot be stored in %s: 400, never 500', async (field, change) => {
    const answer = await create(change);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toHaveProperty([field]);
  });

  it('takes the workflow type that older clients send', async () => {
    const answer = await create({ workflow_type: 'biometric_authentication' });
    expect(answer.statusCode).toBe(201);
  });

  it('broken JSON, and JSON that reaches for the prototype', async () => {
    for (const payload of ['{"workflow_id":', '{"__proto__":{"a":1}}']) {
      const answer = await gateway.app.inject({
        method: 'POST',
        url: '/v3/session/',
        headers: { 'x-api-key': gateway.apiKey, 'content-type': 'application/json' },
        payload,
      });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'RGD_MALFORMED_JSON' });
    }
  });

  it('a missing portrait, in the words of the provider', async () => {
    const sentence = 'A portrait is needed.';
    gateway.provider.answerNext({ status: 400, body: { portrait_image: sentence } });
    const answer = await create();
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 'RGD_PORTRAIT_REQUIRED',
      portrait_image: sentence,
    });
  });

  it.each([
    ['refuses our key', { status: 401, body: { detail: 'no' } }, 502, 'RGD_PROVIDER_REFUSED'],
    ['is broken', { status: 500 }, 503, 'RGD_UNAVAILABLE'],
    ['is busy', { status: 429 }, 503, 'RGD_UNAVAILABLE'],
    ['answers nonsense', { status: 201, body: { session_id: 'x' } }, 502, 'RGD_PROVIDER_REFUSED'],
  ])('a provider that %s leaves no session behind', async (_what, answer, status, code) => {
    const vendor_data = randomUUID();
    gateway.provider.answerNext(answer);
    const refused = await create({ vendor_data });
    expect(refused.statusCode).toBe(status);
    expect(refused.json()).toMatchObject({ code });
    const list = await gateway.call('GET', `/v3/sessions/?vendor_data=${vendor_data}`);
    expect(list.json().count).toBe(0);
  });

  it('a locked user, with the fallback; a skip on the known device stays open', async () => {
    const vendor_data = randomUUID();
    const { session_id } = (await create({ vendor_data })).json();
    const session = await findSession(gateway.db, session_id);
    await gateway.db
      .updateTable('reauth.users')
      .set({ locked_until: new Date(Date.now() + 60_000) })
      .where('id', '=', session?.user_id ?? '')
      .execute();
    const refused = await create({ vendor_data });
    expect(refused.statusCode).toBe(403);
    expect(refused.json()).toMatchObject({
      code: 'RGD_SELFIE_LOCKED',
      locked_until: expect.any(String),
      fallback: { kind: 'password_reset' },
    });
    await rememberSelfie(gateway, session_id, 1);
    expect((await create({ vendor_data })).json()).toMatchObject({ method: 'SKIP' });
  });
});

describe('rate limits', () => {
  it('count the routes of a scope together', async () => {
    const own = await createGateway();
    const left = async (url: string) =>
      Number((await own.call('GET', url)).headers['x-ratelimit-remaining']);
    const first = await left('/v3/sessions/');
    expect(await left(`/v3/session/${randomUUID()}/decision/`)).toBe(first - 1);
    expect(await left('/v3/sessions/')).toBe(first - 2);
    await own.close();
  });

  it('answer 429 with the headers of the contract, by key', async () => {
    const small = await createGateway({ createsPerMinute: 2 });
    const { id } = await small.workflow();
    const post = () => small.call('POST', '/v3/session/', { workflow_id: id });
    const answers = [await post(), await post(), await post()];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201, 429]);
    const { headers } = answers[2] as (typeof answers)[number];
    expect(headers['x-ratelimit-limit']).toBe('2');
    expect(headers['x-ratelimit-remaining']).toBe('0');
    const reset = Number(headers['x-ratelimit-reset']) - Date.now() / 1000;
    expect(reset).toBeGreaterThan(0);
    expect(reset).toBeLessThan(62);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(answers[2]?.json()).toMatchObject({ code: 'RGD_RATE_LIMITED' });
    await small.close();
  });
});
