import { randomUUID } from 'node:crypto';
import { OUTCOME_CHANNEL } from '@regard/contract';
import { createProducer, QUEUES } from '@regard/queues';
import { connectRedis, createDatabase, createLogger, createPool } from '@regard/service-kit';
import { countDeadLetters, type Database, type ReauthSchema } from '@regard/store';
import { createTestDatabase, type TestDatabase } from '@regard/testkit/postgres';
import { createTestRedis, type TestRedis } from '@regard/testkit/redis';
import { waitFor } from '@regard/testkit/wait-for';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDecisionWorker, type DecisionWorker } from '../src/app.ts';

const logger = createLogger('decision-worker', 'silent');

let database: TestDatabase;
let testRedis: TestRedis;
let db: Database;
let redis: Redis;
let worker: DecisionWorker;

beforeAll(async () => {
  database = await createTestDatabase();
  testRedis = await createTestRedis();
  db = createDatabase<ReauthSchema>(
    createPool(database.urls.reauth, { applicationName: 'test', logger }),
  );
  redis = connectRedis(testRedis.url, 'patient', logger);
  worker = buildDecisionWorker({
    logger,
    db,
    redis,
    redisUrl: testRedis.url,
    gatewayUrl: 'https://regard.example',
    sessionLinkKey: Buffer.alloc(32),
    concurrency: 4,
    readiness: [],
  });
});

afterAll(async () => {
  await worker.close();
  redis.disconnect();
  await db.destroy();
  await testRedis.close();
  await database.drop();
});

describe('decision-worker', () => {
  it('keeps a job that can never be done as a dead letter and goes on', async () => {
    const producer = createProducer(QUEUES.verdicts, testRedis.url, logger);
    await waitFor(() => producer.check().then(() => true), { what: 'the queue' });
    await producer.add('broken', { nonsense: true } as never);
    await waitFor(async () => (await countDeadLetters(db)) === 1, { what: 'the dead letter' });
    const letter = await db.selectFrom('reauth.dead_letters').selectAll().executeTakeFirstOrThrow();
    expect(letter).toMatchObject({ queue: 'verdicts', job_id: 'broken', attempts: 1 });
    expect((await worker.app.inject('/readyz')).json()).toMatchObject({ checks: { worker: 'ok' } });
    await producer.close();
  });

  it('lets verdicts that wait go before the clock', async () => {
    const producer = createProducer(QUEUES.verdicts, testRedis.url, logger);
    await waitFor(() => producer.check().then(() => true), { what: 'the queue' });
    expect(await worker.worker.backlog()).toBe(0);
    const id = randomUUID();
    const verdict = {
      eventId: id,
      providerSessionId: randomUUID(),
      sessionId: randomUUID(),
      status: 'Approved' as const,
      occurredAt: 1,
      liveness: null,
      face: null,
      warnings: [],
      quality: null,
    };
    // Of a session nobody knows yet: it is tried again for a while.
    await producer.add(id, verdict);
    await waitFor(async () => (await worker.worker.backlog()) === 1, {
      what: 'the waiting verdict',
    });
    await producer.close();
  });

  it('is not ready once its worker has stopped', async () => {
    const stopped = buildDecisionWorker({
      logger,
      db,
      redis,
      redisUrl: testRedis.url,
      gatewayUrl: 'https://regard.example',
      sessionLinkKey: Buffer.alloc(32),
      concurrency: 1,
      readiness: [],
    });
    await stopped.close();
    const readiness = await stopped.app.inject('/readyz');
    expect(readiness.statusCode).toBe(503);
  });

  it('says what it decided on the outcome channel, without a score', async () => {
    const { announceOutcome } = await import('../src/steps/announce-outcome.ts');
    const subscriber = redis.duplicate();
    await subscriber.subscribe(OUTCOME_CHANNEL);
    const heard: string[] = [];
    subscriber.on('message', (_channel, message) => void heard.push(message));
    const id = randomUUID();
    const session = { id, status: 'Approved', decision: { reasons: [] } } as never;
    await announceOutcome(redis, session, null, logger);
    await waitFor(() => heard.some((message) => message.includes(id)), { what: 'the outcome' });
    const message = heard.find((text) => text.includes(id)) ?? '';
    expect(JSON.parse(message)).toEqual({
      sessionId: id,
      providerSessionId: null,
      status: 'Approved',
    });
    subscriber.disconnect();
  });
});
