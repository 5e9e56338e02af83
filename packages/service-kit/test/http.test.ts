import { RegardError } from '@regard/contract';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, loadConfig } from '../src/config.ts';
import { buildHttp, inScope } from '../src/http.ts';
import { createLogger } from '../src/logger.ts';
import { createMetrics } from '../src/metrics.ts';
import { seal, unseal } from '../src/seal.ts';

const lines: string[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
let readiness = async () => {};

const app = buildHttp({
  logger,
  metrics: createMetrics('test'),
  readiness: [{ name: 'part', check: () => readiness() }],
  bodyLimit: 1000,
});
const schema = { body: z.object({ vendor_data: z.string().max(5) }) };
inScope(app, (scope) => {
  scope.post('/things/:id', { schema }, async (request) => ({ got: request.body }));
  scope.get('/fails', async () => {
    throw new Error('the password is swordfish');
  });
  scope.get('/refuses', async () => {
    throw new RegardError('RGD_BUSY', { retryAfterSeconds: 3, extra: { more: 1 } });
  });
  scope.get('/lost', async () => {
    throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  });
});

afterAll(() => app.close());

const post = (payload: string, type = 'application/json') =>
  app.inject({ method: 'POST', url: '/things/7', headers: { 'content-type': type }, payload });

describe('every service', () => {
  it('answers with and without a slash, with security headers and a request id', async () => {
    for (const url of ['/things/7', '/things/7/']) {
      const answer = await app.inject({ method: 'POST', url, payload: { vendor_data: 'ada' } });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-request-id': expect.any(String),
      });
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    }
  });

  it.each([
    ['a wrong field', '{"vendor_data":"too long"}', 400, 'RGD_INVALID_REQUEST'],
    ['no JSON', '{', 400, 'RGD_MALFORMED_JSON'],
    ['an empty body', '', 400, 'RGD_MALFORMED_JSON'],
    ['a prototype', '{"__proto__":{},"vendor_data":"a"}', 400, 'RGD_MALFORMED_JSON'],
    ['too much', JSON.stringify({ vendor_data: 'x'.repeat(2000) }), 413, 'RGD_BODY_TOO_LARGE'],
  ])('refuses %s with a stable code', async (_what, payload, status, code) => {
    const answer = await post(payload);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ code, request_id: answer.headers['x-request-id'] });
  });

  it('names the faulty field, and refuses content types it does not know', async () => {
    expect((await post('{"vendor_data":"too long"}')).json().vendor_data).toHaveLength(1);
    expect((await post('a=1', 'text/css')).json()).toMatchObject({
      code: 'RGD_UNSUPPORTED_MEDIA_TYPE',
    });
    expect((await app.inject('/nowhere')).json()).toMatchObject({ code: 'RGD_NOT_FOUND' });
  });

  it('keeps its faults to its log, and says when to come back', async () => {
    const failed = await app.inject('/fails');
    expect(failed.statusCode).toBe(500);
    expect(failed.body).not.toContain('swordfish');
    const busy = await app.inject('/refuses');
    expect(busy.headers['retry-after']).toBe('3');
    expect(busy.json()).toMatchObject({ code: 'RGD_BUSY', more: 1 });
    expect((await app.inject('/lost')).json()).toMatchObject({ code: 'RGD_UNAVAILABLE' });
  });

  it('writes one line a request, with the pattern of its route and nothing of its content', async () => {
    lines.length = 0;
    await post('{"vendor_data":"ada"}');
    await app.inject('/livez');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ route: '/things/:id', status: 200 });
    expect(lines[0]).not.toMatch(/ada|things\/7/);
  });

  it('is alive always and ready when its parts are, however they fail', async () => {
    expect((await app.inject('/readyz')).json()).toEqual({ ready: true, checks: { part: 'ok' } });
    readiness = () => Promise.reject(new TypeError('gone'));
    expect((await app.inject('/readyz')).json()).toEqual({
      ready: false,
      checks: { part: 'TypeError' },
    });
    readiness = () => new Promise(() => {});
    const hanging = await app.inject('/readyz');
    expect(hanging.statusCode).toBe(503);
    expect(hanging.json().checks).toEqual({ part: 'timeout' });
    expect((await app.inject('/livez')).statusCode).toBe(200);
  });

  it('measures requests by route', async () => {
    const { body } = await app.inject('/metrics');
    expect(body).toMatch(
      /http_request_duration_seconds_count\{.*method="POST",route="\/things\/:id"/,
    );
  });
});

describe('settings', () => {
  const settings = z.object({ PORT: z.coerce.number().int(), KEY: z.string().min(8) });

  it('name every fault at once and no value', () => {
    const load = () => loadConfig(settings, { PORT: 'http', KEY: 'secret!' });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(/PORT[\s\S]*KEY/);
    expect(load).not.toThrow(/secret!/);
    expect(() => loadConfig(settings, { PORT: '1', KEY: '' })).toThrow(/KEY: is required/);
  });
});

describe('log', () => {
  it('redacts what must never be in it, wherever it turns up', () => {
    const written: string[] = [];
    const own = createLogger('test', 'info', { write: (line) => void written.push(line) });
    for (const name of ['vendor_data', 'portrait_image', 'code', 'access_token', 'secret']) {
      own.info({ [name]: 'hide-me', deep: { [name]: 'hide-me' } }, 'shown');
    }
    own.info({ headers: { 'x-api-key': 'hide-me' }, deeper: { still: { template: 'hide-me' } } });
    expect(written).toHaveLength(6);
    expect(written.join('')).not.toContain('hide-me');
    expect(written[0]).toContain('shown');
  });
});

describe('an error in the log', () => {
  it('shows what failed and none of the values it failed on', () => {
    const written: string[] = [];
    const own = createLogger('test', 'info', { write: (line) => void written.push(line) });
    const error = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (vendor_data)=(bob@example.com) already exists.',
      where: 'JSON data, line 1: {"email":"alice@example.com"',
    });
    own.error({ err: error, errorCode: 'RGD_INTERNAL' }, 'request.failed');
    expect(written[0]).toContain('23505');
    expect(written[0]).toContain('RGD_INTERNAL');
    expect(written[0]).not.toContain('example.com');
  });
});

describe('sealed values', () => {
  const key = Buffer.alloc(32, 1);

  it('open with their key in their place only, and not when changed', () => {
    const sealed = seal('secret', key, 'table/1');
    expect(unseal(sealed, key, 'table/1').toString()).toBe('secret');
    expect(sealed.equals(seal('secret', key, 'table/1'))).toBe(false);
    expect(() => unseal(sealed, Buffer.alloc(32, 2), 'table/1')).toThrow();
    expect(() => unseal(sealed, key, 'table/2')).toThrow();
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => unseal(changed, key, 'table/1')).toThrow();
    }
  });
});
