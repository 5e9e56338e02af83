import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectRedis } from '@regard/service-kit';
import { claimDeliveries, claimOutbox, finishDelivery, retryDelivery } from '@regard/store';
import { createMockDestination, type MockDestination } from '@regard/testkit/mock-destination';
import { waitFor } from '@regard/testkit/wait-for';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publishOutbox } from '../src/steps/claim-outbox.ts';
import { EVENT_STREAM } from '../src/steps/publish-stream.ts';
import {
  allDelivered,
  bodyOf,
  createBench,
  deliveriesTo,
  moveSession,
  openSession,
  type TestBench,
  whileDispatching,
} from './dispatcher.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let bench: TestBench;
let admin: pg.Client;
let receiver: MockDestination;

beforeAll(async () => {
  bench = await createBench();
  admin = new pg.Client({ connectionString: bench.adminUrl });
  await admin.connect();
  receiver = await createMockDestination();
});

afterAll(async () => {
  await receiver.close();
  await admin.end();
  await bench.close();
});

async function subscribed() {
  receiver.requests.length = 0;
  receiver.always({ status: 200 });
  await bench.redis.del(EVENT_STREAM);
  const applicationId = await bench.application();
  return { applicationId, ...(await bench.destination(applicationId, `${receiver.url}/hook`)) };
}

async function streamIds(): Promise<(string | undefined)[]> {
  const entries = await bench.redis.xrange(EVENT_STREAM, '-', '+');
  return entries.map(([, fields]) => fields[fields.indexOf('id') + 1]);
}

/** Ends what this database's backends do: `terminate` takes the connection with it. */
async function end(what: 'terminate' | 'cancel', where: string): Promise<void> {
  await admin.query(
    `select pg_${what}_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and ${where}`,
  );
}

test('killed between stream and commit: the event comes again under the same id', async () => {
  const { applicationId, id } = await subscribed();
  await openSession(bench, applicationId);
  // A share lock lets rows be claimed and holds the update that marks them.
  await admin.query('begin');
  await admin.query('lock table reauth.outbox in share mode');
  await whileDispatching(bench, {}, async () => {
    await waitFor(async () => (await streamIds()).length === 1, { what: 'the stream entry' });
    expect(await deliveriesTo(bench, id)).toHaveLength(0);
    await end('cancel', `query like '%set published_at%'`);
    await admin.query('rollback');
    await waitFor(() => receiver.requests.length > 0, { what: 'the webhook' });
  });
  const ids = await streamIds();
  expect(ids).toHaveLength(2);
  expect(new Set([...ids, ...receiver.requests.map((r) => bodyOf(r).event_id)]).size).toBe(1);
  expect(receiver.requests).toHaveLength(1);
});

test('the deliveries of a dead dispatcher are taken over when their lease ends', async () => {
  const { applicationId, id } = await subscribed();
  await openSession(bench, applicationId);
  const { db, redis } = bench;
  await publishOutbox({ db, redis, streamMaxLength: 1000, onPublished: () => {} });
  const claim = { limit: 10, perDestination: 10, allowances: new Map(), leaseSeconds: 1.5 };
  expect(await claimDeliveries(db, claim)).toHaveLength(1);
  const claimedAt = Date.now();
  await whileDispatching(bench, {}, async () => {
    await waitFor(() => receiver.requests.length > 0, { what: 'the webhook' });
  });
  expect(Date.now() - claimedAt).toBeGreaterThan(1400);
  expect(await deliveriesTo(bench, id)).toMatchObject([{ state: 'delivered', attempts: 2 }]);
});

test('a dispatcher that comes back after its lease ran out writes nothing', async () => {
  const { applicationId, id } = await subscribed();
  await openSession(bench, applicationId);
  const { db, redis } = bench;
  await publishOutbox({ db, redis, streamMaxLength: 1000, onPublished: () => {} });
  const claim = { limit: 10, perDestination: 10, allowances: new Map(), leaseSeconds: 0 };
  const [late] = await claimDeliveries(db, claim);
  const [current] = await claimDeliveries(db, claim);
  if (late === undefined || current === undefined) throw new Error('Nothing was claimed');
  const facts = { status: 500, error: null };
  expect(await finishDelivery(db, late, 'failed', facts)).toBe(false);
  expect(await retryDelivery(db, late, 3600, facts)).toBe(false);
  expect(await deliveriesTo(bench, id)).toMatchObject([{ state: 'pending', last_status: null }]);
  expect(await finishDelivery(db, current, 'delivered', facts)).toBe(true);
});

test('kill -9 during a delivery: another dispatcher delivers the same event', async () => {
  const { applicationId } = await subscribed();
  receiver.script('hang');
  const child = spawnDispatcher();
  await openSession(bench, applicationId);
  await waitFor(() => receiver.requests.length === 1, {
    what: 'the first attempt',
    timeoutMs: 15_000,
  });
  child.kill('SIGKILL');
  await bench.db.updateTable('reauth.deliveries').set({ leased_until: new Date() }).execute();
  await whileDispatching(bench, {}, async () => {
    await waitFor(() => receiver.requests.length === 2, { what: 'the second attempt' });
  });
  const [first, second] = receiver.requests.map(bodyOf);
  expect(second?.event_id).toBe(first?.event_id);
});

test('SIGTERM lets the delivery under way finish and ends the process', async () => {
  const { applicationId, id } = await subscribed();
  receiver.script({ status: 200, delayMs: 600 });
  const child = spawnDispatcher();
  const exited = once(child, 'exit');
  await openSession(bench, applicationId);
  await waitFor(() => receiver.requests.length === 1, { what: 'the request', timeoutMs: 15_000 });
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(await deliveriesTo(bench, id)).toMatchObject([{ state: 'delivered' }]);
});

test('while Redis is away nothing is marked as published, afterwards all of it is', async () => {
  const { applicationId } = await subscribed();
  const away = connectRedis('redis://127.0.0.1:1', 'fail-fast', bench.deps.logger);
  await openSession(bench, applicationId);
  await whileDispatching(bench, { redis: away }, async () => {
    await waitFor(() => bench.log.some((line) => line.includes('loop.failed')), {
      what: 'a failed run',
    });
  });
  away.disconnect();
  expect(receiver.requests).toHaveLength(0);
  await whileDispatching(bench, {}, async () => {
    await waitFor(() => receiver.requests.length === 1, { what: 'the webhook' });
  });
  expect(await streamIds()).toHaveLength(1);
});

test('a lost listening connection is made anew', async () => {
  const { applicationId } = await subscribed();
  await whileDispatching(bench, {}, async () => {
    await end('terminate', `application_name = 'regard-event-dispatcher-listen'`);
    await waitFor(
      async () =>
        (
          await admin.query(
            `select 1 from pg_stat_activity where datname = current_database()
             and application_name = 'regard-event-dispatcher-listen'`,
          )
        ).rows.length === 1,
      { what: 'a new connection' },
    );
    await openSession(bench, applicationId);
    await waitFor(() => receiver.requests.length === 1, { what: 'the webhook' });
  });
});

test('two dispatchers side by side send each event once, in order', async () => {
  const { applicationId, id } = await subscribed();
  await whileDispatching(bench, {}, () =>
    whileDispatching(bench, {}, async () => {
      for (let i = 0; i < 60; i += 1) {
        const session = await openSession(bench, applicationId);
        await moveSession(bench, session, 'Approved');
      }
      await allDelivered(bench, id, 180);
    }),
  );
  const bodies = receiver.requests.map(bodyOf);
  expect(new Set(bodies.map((body) => body.event_id)).size).toBe(180);
  expect(bodies).toHaveLength(180);
  const sequences = Map.groupBy(bodies, (body) => body.session_id);
  for (const own of sequences.values()) expect(own.map((b) => b.sequence)).toEqual([1, 2, 3]);
  expect(new Set(await streamIds()).size).toBe(180);
});

test('a close waits for the delivery under way', async () => {
  const { applicationId, id } = await subscribed();
  receiver.script({ status: 200, delayMs: 600 });
  await whileDispatching(bench, {}, async () => {
    await openSession(bench, applicationId);
    await waitFor(() => receiver.requests.length === 1, { what: 'the request' });
  });
  expect(await deliveriesTo(bench, id)).toMatchObject([{ state: 'delivered' }]);
});

// Last, for it leaves its events in the outbox.
test('while one dispatcher publishes, another leaves it the later events too', async () => {
  const { applicationId } = await subscribed();
  const session = await openSession(bench, applicationId);
  await moveSession(bench, session, 'In Progress');
  await bench.db.transaction().execute(async (first) => {
    const claim = await claimOutbox(first, 1);
    expect(claim.ok && claim.events.map((event) => event.sequence)).toEqual([1]);
    const second = await bench.db.transaction().execute((trx) => claimOutbox(trx, 10));
    expect(second).toEqual({ ok: false, reason: 'BUSY' });
  });
});

/** The service as a process of its own. */
function spawnDispatcher() {
  return spawn(process.execPath, [MAIN], {
    // The channel ends the process with this one, even when a test fails before it stops it.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      PORT: '0',
      LOG_LEVEL: 'silent',
      REGARD_MODE: 'development',
      DATABASE_URL: bench.deps.databaseUrl,
      REDIS_URL: bench.redisUrl,
      DESTINATION_SECRETS_KEY: bench.secretsKey.toString('base64url'),
      DANGEROUS_ALLOW_PRIVATE_DESTINATIONS: 'true',
    },
  });
}
