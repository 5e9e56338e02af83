import { randomBytes } from 'node:crypto';
import { createMockDestination } from '@regard/testkit/mock-destination';
import { waitFor } from '@regard/testkit/wait-for';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

let bench: TestBench;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(() => bench.close());

test('a destination that hangs takes its own share of the room and no more', async () => {
  const slow = await createMockDestination();
  slow.always('hang');
  const quick = await createMockDestination();
  const applicationId = await bench.application();
  await bench.destination(applicationId, `${slow.url}/hook`);
  const { id } = await bench.destination(applicationId, `${quick.url}/hook`);
  await whileDispatching(
    bench,
    { concurrency: 6, perDestination: 4, timeoutMs: 3000 },
    async () => {
      const startedAt = Date.now();
      for (let i = 0; i < 30; i += 1) await openSession(bench, applicationId);
      await allDelivered(bench, id, 30);
      expect(Date.now() - startedAt).toBeLessThan(3000);
      expect(slow.requests).toHaveLength(4);
    },
  );
  await Promise.all([slow.close(), quick.close()]);
});

test('a destination without answer is probed by one delivery at a time', async () => {
  const dead = await createMockDestination();
  dead.always('reset');
  const applicationId = await bench.application();
  const { id } = await bench.destination(applicationId, `${dead.url}/hook`);
  const retrySeconds = Array.from({ length: 50 }, () => 0.1);
  for (let i = 0; i < 10; i += 1) await openSession(bench, applicationId);
  await whileDispatching(bench, { perDestination: 2, retrySeconds }, async () => {
    const soon = Date.now() + 5000;
    await waitFor(
      async () => {
        const deliveries = await deliveriesTo(bench, id);
        return deliveries.filter((d) => d.next_attempt_at.getTime() > soon).length === 10;
      },
      { what: 'all deliveries to be put off' },
    );
  });
  // The fifth failure opens the breaker; what was under way at that moment still ends.
  expect(dead.requests.length).toBeGreaterThanOrEqual(5);
  expect(dead.requests.length).toBeLessThanOrEqual(7);
  await dead.close();
});

test('disabled, unsubscribed and foreign destinations get nothing', async () => {
  const applicationId = await bench.application();
  const receivers = await Promise.all([1, 2, 3, 4].map(() => createMockDestination()));
  const [ours, disabled, unsubscribed, foreign] = await Promise.all(
    receivers.map(async (receiver, index) => {
      const owner = index === 3 ? await bench.application() : applicationId;
      return bench.destination(owner, `${receiver.url}/hook`);
    }),
  );
  const change = (id = '', set: object) =>
    bench.db.updateTable('reauth.destinations').set(set).where('id', '=', id).execute();
  await change(disabled?.id, { enabled: false });
  await change(unsubscribed?.id, { subscribed_events: ['user.status.updated'] });

  await whileDispatching(bench, {}, async () => {
    const session = await openSession(bench, applicationId);
    await moveSession(bench, session, 'Approved');
    await waitFor(() => receivers[0]?.requests.length === 3, { what: 'our events' });
  });
  expect(receivers.slice(1).map((receiver) => receiver.requests.length)).toEqual([0, 0, 0]);
  expect(await deliveriesTo(bench, ours?.id ?? '')).toHaveLength(3);
  expect(await deliveriesTo(bench, foreign?.id ?? '')).toHaveLength(0);
  await Promise.all(receivers.map((receiver) => receiver.close()));
});

test('logs hold no vendor_data, body, secret or url', async () => {
  const receiver = await createMockDestination();
  receiver.script({ status: 500, body: 'receiver says no' });
  const applicationId = await bench.application();
  const { id, secret } = await bench.destination(applicationId, `${receiver.url}/hook?key=hush`);
  bench.log.length = 0;
  await whileDispatching(bench, {}, async () => {
    await openSession(bench, applicationId, {
      vendor_data: 'someone@example.org',
      metadata: JSON.stringify({ order: 'red-bicycle' }),
    });
    await allDelivered(bench, id, 1);
  });
  const text = bench.log.join('');
  for (const secretText of ['someone@', 'red-bicycle', 'hush', '/hook', secret, 'says no']) {
    expect(text).not.toContain(secretText);
  }
  const lines = bench.log
    .map((line) => JSON.parse(line))
    .filter((l) => l.msg === 'delivery.attempted');
  const [failed, delivered] = lines;
  const [body] = receiver.requests.map(bodyOf);
  expect(lines).toHaveLength(2);
  expect(failed).toMatchObject({
    eventId: body?.event_id,
    sessionId: body?.session_id,
    destinationId: id,
    attempt: 1,
    status: 500,
    outcome: 'retry',
  });
  expect(delivered).toMatchObject({ attempt: 2, status: 200, outcome: 'delivered' });
  await receiver.close();
});

test('a secret that cannot be opened fails the attempt and sends nothing', async () => {
  const receiver = await createMockDestination();
  const applicationId = await bench.application();
  const { id } = await bench.destination(applicationId, `${receiver.url}/hook`);
  const changed = { destinationSecretsKey: randomBytes(32), retrySeconds: [] };
  await whileDispatching(bench, changed, async () => {
    await openSession(bench, applicationId);
    await waitFor(async () => (await deliveriesTo(bench, id))[0]?.state === 'failed', {
      what: 'the failure',
    });
  });
  expect(receiver.requests).toHaveLength(0);
  expect((await deliveriesTo(bench, id))[0]?.last_error).toBe('SECRET_UNREADABLE');
  await receiver.close();
});
