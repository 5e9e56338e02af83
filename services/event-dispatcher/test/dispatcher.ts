import { randomBytes, randomUUID } from 'node:crypto';
import { checkSignature, type JsonObject, type SessionStatus, signingKey } from '@regard/contract';
import { connectRedis, createDatabase, createPool, redisReady } from '@regard/service-kit';
import {
  createApplication,
  createDestination,
  insertSession,
  type NewSession,
  type ReauthSchema,
  type Session,
  transition,
} from '@regard/store';
import { sessionValues } from '@regard/store/test/session-values';
import type { ReceivedRequest } from '@regard/testkit/mock-destination';
import { createTestDatabase } from '@regard/testkit/postgres';
import { createTestRedis } from '@regard/testkit/redis';
import { waitFor } from '@regard/testkit/wait-for';
import { pino } from 'pino';
import { buildEventDispatcher, type EventDispatcherDeps } from '../src/app.ts';

export type TestBench = Awaited<ReturnType<typeof createBench>>;

/** A database, a Redis and dispatchers on them, each started and closed by its test. */
export async function createBench() {
  const testDatabase = await createTestDatabase();
  const testRedis = await createTestRedis();
  const log: string[] = [];
  // Without the redaction of the real logger: what is not written needs no redaction.
  const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) });
  const pool = createPool(testDatabase.urls.reauth, { applicationName: 'test', logger });
  const db = createDatabase<ReauthSchema>(pool);
  const redis = connectRedis(testRedis.url, 'fail-fast', logger);
  await redisReady(redis);
  const secretsKey = randomBytes(32);
  const deps: EventDispatcherDeps = {
    logger,
    db,
    redis,
    databaseUrl: testDatabase.urls.reauth,
    destinationSecretsKey: secretsKey,
    allowPrivateDestinations: true,
    concurrency: 64,
    perDestination: 8,
    retrySeconds: [0.2, 0.2, 0.2],
    streamMaxLength: 10_000,
    timeoutMs: 2000,
    readiness: [],
  };
  return {
    db,
    redis,
    log,
    deps,
    secretsKey,
    adminUrl: testDatabase.adminUrl,
    redisUrl: testRedis.url,
    build: (changed: Partial<EventDispatcherDeps> = {}) =>
      buildEventDispatcher({ ...deps, ...changed }),
    application: () => createApplication(db, { id: randomUUID(), name: 't', environment: 'live' }),
    destination: (applicationId: string, url: string) =>
      createDestination(db, { applicationId, label: 'test', url }, secretsKey),
    close: async () => {
      redis.disconnect();
      await db.destroy();
      await testRedis.close();
      await testDatabase.drop();
    },
  };
}

/** Starts a dispatcher, runs the test with it and closes it whatever happens. */
export async function whileDispatching(
  bench: TestBench,
  changed: Partial<EventDispatcherDeps>,
  run: () => Promise<void>,
): Promise<void> {
  const dispatcher = bench.build(changed);
  await dispatcher.start();
  try {
    await run();
  } finally {
    await dispatcher.close();
    await dispatcher.app.close();
  }
}

/** Stores a new session, which puts its `Not Started` event into the outbox. */
export async function openSession(
  bench: TestBench,
  applicationId: string,
  changed: Partial<NewSession> = {},
): Promise<Session> {
  const values = sessionValues(applicationId, { vendor_data: 'person-1', ...changed });
  const result = await insertSession(bench.db, values, ['Not Started']);
  if (!result.ok) throw new Error(result.reason);
  return result.session;
}

export async function moveSession(
  bench: TestBench,
  session: Session,
  to: SessionStatus,
): Promise<Session> {
  const change = { to, by: 'verdict', now: new Date() } as const;
  const result = await bench.db.transaction().execute((trx) => transition(trx, session, change));
  if (!result.ok) throw new Error(result.reason);
  return result.session;
}

export function bodyOf(request: ReceivedRequest): JsonObject & { event_id: string } {
  return JSON.parse(request.rawBody.toString('utf8'));
}

/** What a receiver does with each request before it believes it. */
export function verify(request: ReceivedRequest, secret: string) {
  const header = (name: string) => request.headers[name] as string | undefined;
  return checkSignature(
    {
      rawBody: request.rawBody,
      signature: header('x-signature'),
      signatureV2: header('x-signature-v2'),
      timestamp: header('x-timestamp'),
    },
    [signingKey(secret)],
    Date.now() / 1000,
  );
}

export function deliveriesTo(bench: TestBench, destinationId: string) {
  return bench.db
    .selectFrom('reauth.deliveries')
    .selectAll()
    .where('destination_id', '=', destinationId)
    .orderBy('event_id')
    .execute();
}

/** Resolves when a destination has this many deliveries and all of them arrived. */
export async function allDelivered(
  bench: TestBench,
  destinationId: string,
  count: number,
): Promise<void> {
  await waitFor(
    async () => {
      const deliveries = await deliveriesTo(bench, destinationId);
      return deliveries.filter(({ state }) => state === 'delivered').length === count;
    },
    { what: `${count} deliveries`, timeoutMs: 15_000 },
  );
}
