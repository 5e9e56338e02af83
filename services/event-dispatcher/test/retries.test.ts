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
  verify,
  whileDispatching,
} from './dispatcher.ts';

let bench: TestBench;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(() => bench.close());

/** An application with one destination, and a wait for the state of its first delivery. */
async function subscribed() {
  const receiver = await createMockDestination();
  const applicationId = await bench.application();
  const { id, secret } = await bench.destination(applicationId, `${receiver.url}/hook`);
  const first = async () => (await deliveriesTo(bench, id))[0];
  const reaches = (state: string) =>
    waitFor(async () => (await first())?.state === state, { what: `the state ${state}` });
  return { receiver, applicationId, id, secret, first, reaches };
}

test('a retry keeps event_id and created_at and has a fresh, signed timestamp', async () => {
  const { receiver, applicationId, secret, first, reaches } = await subscribed();
  receiver.script({ status: 500 });
  await whileDispatching(bench, { retrySeconds: [1.2] }, async () => {
    await openSession(bench, applicationId);
    await reaches('delivered');
  });
  const [failed, delivered] = receiver.requests.map(bodyOf);
  expect(receiver.requests).toHaveLength(2);
  expect(delivered?.event_id).toBe(failed?.event_id);
  expect(delivered?.created_at).toBe(failed?.created_at);
  expect(Number(delivered?.timestamp)).toBeGreaterThan(Number(failed?.timestamp));
  for (const request of receiver.requests)
    expect(verify(request, secret)).toMatchObject({ ok: true });
  expect(await first()).toMatchObject({ attempts: 2, last_status: 200, leased_until: null });
  await receiver.close();
});

test('after the last attempt the delivery has failed and later events go on', async () => {
  const { receiver, applicationId, id, reaches } = await subscribed();
  receiver.script({ status: 500 }, { status: 404 });
  await whileDispatching(bench, { retrySeconds: [0.1] }, async () => {
    const session = await openSession(bench, applicationId);
    await moveSession(bench, session, 'In Progress');
    await reaches('failed');
    await waitFor(() => receiver.requests.length === 3, { what: 'the second event' });
  });
  const statuses = receiver.requests.map((request) => bodyOf(request).status);
  expect(statuses).toEqual(['Not Started', 'Not Started', 'In Progress']);
  expect(await deliveriesTo(bench, id)).toMatchObject([
    { state: 'failed', attempts: 2, last_status: 404 },
    { state: 'delivered', attempts: 1 },
  ]);
  await receiver.close();
});

test("a session's later events wait while an earlier one is retried", async () => {
  const { receiver, applicationId, id } = await subscribed();
  receiver.script({ status: 500 }, 'reset');
  await whileDispatching(bench, {}, async () => {
    const session = await openSession(bench, applicationId);
    await waitFor(() => receiver.requests.length === 1, { what: 'the first attempt' });
    await moveSession(bench, session, 'Approved');
    await allDelivered(bench, id, 3);
  });
  const sequences = receiver.requests.map((request) => bodyOf(request).sequence);
  expect(sequences).toEqual([1, 1, 1, 2, 3]);
  await receiver.close();
});

test('410 disables the destination; what waits for it is skipped and nothing more is sent', async () => {
  const { receiver, applicationId, id, reaches } = await subscribed();
  receiver.always({ status: 410 });
  await whileDispatching(bench, {}, async () => {
    const session = await openSession(bench, applicationId);
    await moveSession(bench, session, 'Approved');
    await reaches('failed');
    await waitFor(async () => (await deliveriesTo(bench, id)).every((d) => d.state !== 'pending'), {
      what: 'the rest to be skipped',
    });
    await openSession(bench, applicationId, { user_id: null });
    await waitFor(
      async () =>
        (
          await bench.db
            .selectFrom('reauth.outbox')
            .select('id')
            .where('published_at', 'is', null)
            .execute()
        ).length === 0,
      { what: 'the last event to be published' },
    );
  });
  expect(receiver.requests).toHaveLength(1);
  const states = (await deliveriesTo(bench, id)).map((delivery) => delivery.state);
  expect(states[0]).toBe('failed');
  expect(states.slice(1).every((state) => state === 'skipped')).toBe(true);
  await receiver.close();
});

test('a redirect is a failure and is not followed', async () => {
  const { receiver, applicationId, first, reaches } = await subscribed();
  const elsewhere = await createMockDestination();
  receiver.always({ status: 307, headers: { location: `${elsewhere.url}/hook` } });
  await whileDispatching(bench, { retrySeconds: [0.1] }, async () => {
    await openSession(bench, applicationId);
    await reaches('failed');
  });
  expect(receiver.requests).toHaveLength(2);
  expect(elsewhere.requests).toHaveLength(0);
  expect(await first()).toMatchObject({ last_status: 307 });
  await Promise.all([receiver.close(), elsewhere.close()]);
});

test('Retry-After holds the retry and whatever else waits for the destination', async () => {
  const { receiver, applicationId, id } = await subscribed();
  receiver.script({ status: 500 }, { status: 503, headers: { 'retry-after': '2' } });
  await whileDispatching(bench, { retrySeconds: [0.6, 0.1] }, async () => {
    await openSession(bench, applicationId);
    await waitFor(() => receiver.requests.length === 1, {
      what: 'the first session to be refused',
    });
    await openSession(bench, applicationId);
    await waitFor(() => receiver.requests.length === 2, { what: 'the second to be throttled' });
    await allDelivered(bench, id, 2);
  });
  const [, throttled, ...after] = receiver.requests;
  expect(after).toHaveLength(2);
  for (const request of after) {
    const pause = request.receivedAt.getTime() - (throttled?.receivedAt.getTime() ?? 0);
    expect(pause).toBeGreaterThanOrEqual(1900);
  }
  await receiver.close();
});

test('an answer that does not come in time is tried again', async () => {
  const { receiver, applicationId, reaches, first } = await subscribed();
  receiver.script('hang');
  await whileDispatching(bench, { timeoutMs: 300, retrySeconds: [0.1] }, async () => {
    await openSession(bench, applicationId);
    await waitFor(async () => (await first())?.last_error === 'TIMEOUT', { what: 'the timeout' });
    await reaches('delivered');
  });
  expect(receiver.requests).toHaveLength(2);
  await receiver.close();
});
