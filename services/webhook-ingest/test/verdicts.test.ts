import { randomUUID } from 'node:crypto';
import {
  canonicalJson,
  type JsonObject,
  signCanonicalBody,
  signingKey,
  type Verdict,
} from '@regard/contract';
import { createProducer, createWorker, type Producer, QUEUES } from '@regard/queues';
import { createLogger, type HttpApp } from '@regard/service-kit';
import { createTestRedis, type TestRedis } from '@regard/testkit/redis';
import { waitFor } from '@regard/testkit/wait-for';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWebhookIngest } from '../src/app.ts';

const OLD_SECRET = 'whsec_old-0123456789';
const SECRET = 'whsec_new-0123456789';
const logger = createLogger('webhook-ingest', 'silent');

let redis: TestRedis;
let verdicts: Producer<Verdict>;
let queue: Queue;
let app: HttpApp;

beforeAll(async () => {
  redis = await createTestRedis();
  verdicts = createProducer(QUEUES.verdicts, redis.url, logger);
  queue = new Queue('verdicts', { connection: new Redis(redis.url), prefix: 'regard' });
  app = buildWebhookIngest({ logger, verdicts, secrets: [SECRET, OLD_SECRET] });
  await waitFor(() => verdicts.check().then(() => true), { what: 'the queue' });
});

afterAll(async () => {
  await app.close();
  await verdicts.close();
  await queue.close();
  await redis.close();
});

const nowSeconds = () => Math.floor(Date.now() / 1000);

function webhook(change: JsonObject = {}): JsonObject {
  return {
    event_id: randomUUID(),
    webhook_type: 'status.updated',
    timestamp: nowSeconds(),
    created_at: nowSeconds(),
    session_id: randomUUID(),
    status: 'Approved',
    vendor_data: 'ada@example.org',
    metadata: { regard_session_id: randomUUID() },
    liveness: { status: 'Approved', method: 'PASSIVE', score: 96 },
    face: { status: 'Approved', similarity_score: 0.88 },
    ...change,
  };
}

function post(body: string, headers: Record<string, string>) {
  return app.inject({
    method: 'POST',
    url: '/webhooks/verdicts',
    headers: { 'content-type': 'application/json', ...headers },
    payload: body,
  });
}

function signed(event: JsonObject, secret = SECRET, timestamp = nowSeconds()) {
  const body = canonicalJson(event);
  return { body, headers: { ...signCanonicalBody(body, event, signingKey(secret), timestamp) } };
}

const queued = async () => queue.getJobCountByTypes('waiting', 'active', 'delayed', 'completed');

describe('webhook-ingest', () => {
  it('queues a signed verdict with nothing of the person in it and answers 202', async () => {
    const event = webhook();
    const { body, headers } = signed(event);
    const answer = await post(body, headers);
    expect(answer.statusCode).toBe(202);
    const job = await queue.getJob(event.event_id as string);
    expect(job?.data).toMatchObject({ eventId: event.event_id, status: 'Approved' });
    expect(JSON.stringify(job?.data)).not.toContain('ada@example.org');
  });

  it('takes either secret while one is rotated', async () => {
    const { body, headers } = signed(webhook(), OLD_SECRET);
    expect((await post(body, headers)).statusCode).toBe(202);
  });

  it('takes a body in another form than the canonical one under V2', async () => {
    const event = webhook({ metadata: { city: 'Málaga' } });
    const { headers } = signed(event);
    const answer = await post(JSON.stringify(event, null, 2), {
      'x-signature-v2': headers['x-signature-v2'] ?? '',
      'x-timestamp': headers['x-timestamp'] ?? '',
    });
    expect(answer.statusCode).toBe(202);
  });

  it('takes a provider that sends nulls, long texts and many warnings', async () => {
    const warning = (index: number) => ({
      feature: 'LIVENESS',
      risk: `SOME_RISK_${index}`,
      log_type: index === 199 ? 'error' : 'information',
      short_description: null,
      long_description: 'x'.repeat(3000),
    });
    const warnings = Array.from({ length: 200 }, (_, index) => warning(index));
    const check = { node_id: 'l', status: 'Approved', method: 'passive', score: 96, warnings };
    const event = webhook({
      face: null,
      decision: { liveness_checks: [check], face_matches: null },
    });
    const { body, headers } = signed(event);
    expect((await post(body, headers)).statusCode).toBe(202);
    const job = await queue.getJob(event.event_id as string);
    expect(job?.data.warnings).toHaveLength(16);
    expect(job?.data.warnings[0]).toMatchObject({ risk: 'SOME_RISK_199', logType: 'error' });
  });

  it('refuses numbers that have no canonical form instead of writing them out', async () => {
    const body = `[${Array(120_000).fill('1e308').join()}]`;
    const answer = await post(body, {
      'x-signature-v2': '0'.repeat(64),
      'x-timestamp': String(nowSeconds()),
    });
    expect(answer.json()).toMatchObject({ code: 'RGD_BAD_SIGNATURE' });
  });

  it('queues the same event once', async () => {
    const { body, headers } = signed(webhook());
    const before = await queued();
    for (let i = 0; i < 3; i++) expect((await post(body, headers)).statusCode).toBe(202);
    expect(await queued()).toBe(before + 1);
  });

  it.each([
    ['forged', () => signed(webhook(), 'whsec_stranger'), 'RGD_BAD_SIGNATURE'],
    ['unsigned', () => ({ body: canonicalJson(webhook()), headers: {} }), 'RGD_MISSING_SIGNATURE'],
    [
      'signed by Simple alone',
      () => {
        const { body, headers } = signed(webhook());
        const { 'x-signature': _raw, 'x-signature-v2': _v2, ...rest } = headers;
        return { body, headers: rest };
      },
      'RGD_MISSING_SIGNATURE',
    ],
    [
      'stale',
      () => signed(webhook({ timestamp: nowSeconds() - 400 }), SECRET, nowSeconds() - 400),
      'RGD_STALE_TIMESTAMP',
    ],
    [
      'recorded and sent again under a new time',
      () => signed(webhook({ timestamp: nowSeconds() - 400 })),
      'RGD_STALE_TIMESTAMP',
    ],
    [
      'signed, then changed',
      () => {
        const { body, headers } = signed(webhook({ status: 'Declined' }));
        return { body: body.replaceAll('Declined', 'Approved'), headers };
      },
      'RGD_BAD_SIGNATURE',
    ],
  ])('answers 401 to a webhook that is %s and queues nothing', async (_what, make, code) => {
    const { body, headers } = make();
    const before = await queued();
    const answer = await post(body, headers as Record<string, string>);
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({ code });
    expect(await queued()).toBe(before);
  });

  it.each([
    ['no JSON', 'not json', 'RGD_MALFORMED_JSON'],
    [
      'a key that reaches the prototype',
      '{"__proto__":{"status":"Approved"}}',
      'RGD_MALFORMED_JSON',
    ],
    ['too deep', `${'['.repeat(40)}${']'.repeat(40)}`, 'RGD_MALFORMED_JSON'],
    ['no webhook', '{"hello":1}', 'RGD_INVALID_REQUEST'],
  ])('answers 400 to a signed body that is %s', async (_what, body, code) => {
    const before = await queued();
    const headers = { ...signCanonicalBody(body, {}, signingKey(SECRET), nowSeconds()) };
    const answer = await post(body, headers);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code });
    expect(await queued()).toBe(before);
  });

  it('answers 202 to other types of webhook without queueing them', async () => {
    const before = await queued();
    const other = { webhook_type: 'user.data.updated', timestamp: nowSeconds(), user: { id: 1 } };
    const { body, headers } = signed(other);
    expect((await post(body, headers)).statusCode).toBe(202);
    expect(await queued()).toBe(before);
  });

  it('answers 413 to a body over 1 MB', async () => {
    const { body, headers } = signed(webhook({ vendor_data: 'x'.repeat(1_100_000) }));
    const answer = await post(body, headers);
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ code: 'RGD_BODY_TOO_LARGE' });
  });

  it('counts what it refused', async () => {
    const { body: metrics } = await app.inject('/metrics');
    expect(metrics).toMatch(/webhooks_received_total\{outcome="RGD_BAD_SIGNATURE".*\} [1-9]/);
    expect(metrics).toMatch(/webhooks_received_total\{outcome="queued".*\} [1-9]/);
  });
});

describe('webhook-ingest without Redis', () => {
  it('answers 503 with Retry-After at once and says it is not ready', async () => {
    const lost = createProducer(QUEUES.verdicts, 'redis://127.0.0.1:1', logger);
    const alone = buildWebhookIngest({ logger, verdicts: lost, secrets: [SECRET] });
    const { body, headers } = signed(webhook());
    const answer = await alone.inject({
      method: 'POST',
      url: '/webhooks/verdicts',
      headers,
      payload: body,
    });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toMatchObject({ code: 'RGD_UNAVAILABLE' });
    expect((await alone.inject('/readyz')).statusCode).toBe(503);
    expect((await alone.inject('/livez')).statusCode).toBe(200);
    await alone.close();
    await lost.close();
  });
});

describe('a worker of the queue', () => {
  it('tries again, and hands over what fails for good', async () => {
    const own = await createTestRedis();
    const definition = { ...QUEUES.verdicts, attempts: 3, backoffMs: 1 };
    const producer = createProducer(definition, own.url, logger);
    await waitFor(() => producer.check().then(() => true), { what: 'the queue' });
    const tries: number[] = [];
    const dead: unknown[] = [];
    const worker = createWorker({
      definition,
      redisUrl: own.url,
      logger,
      concurrency: 1,
      handle: async (_verdict, attempt) => {
        tries.push(attempt);
        throw new Error('no luck');
      },
      isTransient: () => false,
      onDead: async (job) => void dead.push(job),
    });
    const verdict = { ...verdictOf(), eventId: 'evt-1' };
    await producer.add('evt-1', verdict);
    await producer.add('evt-2', { nonsense: true } as never);
    await waitFor(() => dead.length === 2, { what: 'two dead jobs' });
    expect(tries).toEqual([1, 2, 3]);
    expect(dead).toContainEqual({ id: 'evt-1', payload: verdict, cause: 'no luck', attempts: 3 });
    expect(dead).toContainEqual(expect.objectContaining({ id: 'evt-2', attempts: 1 }));
    await expect(producer.add('evt-3', { pad: 'x'.repeat(5000) } as never)).rejects.toThrow(
      RangeError,
    );
    // A dead event that is sent again is tried again.
    await waitFor(() => producer.add('evt-1', verdict).then(() => tries.length > 3), {
      what: 'another try of the dead event',
    });
    await worker.close();
    await producer.close();
    await own.close();
  });

  it("tries for as long as it takes when the failure is not the job's own", async () => {
    const own = await createTestRedis();
    const definition = { ...QUEUES.verdicts, attempts: 1, backoffMs: 1 };
    const producer = createProducer(definition, own.url, logger);
    await waitFor(() => producer.check().then(() => true), { what: 'the queue' });
    const dead: unknown[] = [];
    let tries = 0;
    const worker = createWorker({
      definition,
      redisUrl: own.url,
      logger,
      concurrency: 1,
      handle: async () => {
        tries += 1;
        if (tries < 3) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      },
      isTransient: (error) => (error as { code?: string }).code === 'ECONNREFUSED',
      onDead: async (job) => void dead.push(job),
    });
    await producer.add('evt-1', verdictOf());
    await waitFor(() => tries === 3, { what: 'the third try', timeoutMs: 15_000 });
    expect(dead).toEqual([]);
    await worker.close();
    await producer.close();
    await own.close();
  });
});

function verdictOf(): Verdict {
  return {
    eventId: randomUUID(),
    providerSessionId: randomUUID(),
    sessionId: randomUUID(),
    status: 'Approved',
    occurredAt: nowSeconds(),
    liveness: null,
    face: null,
    warnings: [],
    quality: null,
  };
}
