import { createDatabase, createPool } from '@regard/service-kit';
import { createMockDestination } from '@regard/testkit/mock-destination';
import { waitFor } from '@regard/testkit/wait-for';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENT_STREAM } from '../src/steps/publish-stream.ts';
import {
  allDelivered,
  bodyOf,
  createBench,
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

test('every status change reaches the stream and the destination, signed, in order', async () => {
  const receiver = await createMockDestination();
  const applicationId = await bench.application();
  const { id, secret } = await bench.destination(applicationId, `${receiver.url}/hook`);

  await whileDispatching(bench, {}, async () => {
    const session = await openSession(bench, applicationId);
    const opened = await moveSession(bench, session, 'In Progress');
    await moveSession(bench, opened, 'Approved');
    await waitFor(() => receiver.requests.length >= 3, { what: 'three webhooks' });
    await allDelivered(bench, id, 3);
  });

  const bodies = receiver.requests.map(bodyOf);
  expect(bodies.map((body) => body.status)).toEqual(['Not Started', 'In Progress', 'Approved']);
  expect(bodies.map((body) => body.sequence)).toEqual([1, 2, 3]);
  for (const request of receiver.requests) {
    expect(verify(request, secret)).toEqual({ ok: true, matched: 'raw' });
    expect(verify(request, `${secret}x`)).toMatchObject({ ok: false });
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'RegardWebhook/1.0',
      'x-signature': request.headers['x-signature-v2'],
      'x-timestamp': String(bodyOf(request).timestamp),
    });
  }

  const entries = await bench.redis.xrange(EVENT_STREAM, '-', '+');
  const events = entries.map(([, fields]) => pairs(fields));
  expect(events.map((event) => event.id)).toEqual(bodies.map((body) => body.event_id));
  for (const [index, event] of events.entries()) {
    const { timestamp: _timestamp, ...facts } = bodies[index] as Record<string, unknown>;
    expect(event).toMatchObject({
      specversion: '1.0',
      source: `/applications/${applicationId}`,
      type: 'regard.session.status.updated',
      subject: bodies[0]?.session_id,
      datacontenttype: 'application/json',
    });
    expect(JSON.parse(event.data ?? '')).toEqual(facts);
  }
  await receiver.close();
});

test('metrics tell the lag and the outcomes, and name no destination', async () => {
  const receiver = await createMockDestination();
  const applicationId = await bench.application();
  const { id } = await bench.destination(applicationId, `${receiver.url}/hook`);
  const dispatcher = bench.build();
  const figure = async (name: string) => {
    const { payload } = await dispatcher.app.inject('/metrics');
    expect(payload).not.toContain(id);
    return Number(
      payload
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(' ')
        .at(-1),
    );
  };
  await openSession(bench, applicationId);
  await waitFor(async () => (await figure('outbox_lag_seconds')) > 0, { what: 'a lag' });
  await dispatcher.start();
  await allDelivered(bench, id, 1);
  expect(await figure('outbox_lag_seconds')).toBe(0);
  expect(await figure('outbox_events_published_total')).toBe(1);
  const attempts = `webhook_attempts_total{outcome="delivered",attempt="1"`;
  expect(await figure(attempts)).toBe(1);
  await dispatcher.close();
  await dispatcher.app.close();
  await receiver.close();
});

test('metrics are answered while the database is away', async () => {
  const { logger, databaseUrl } = bench.deps;
  const away = databaseUrl.replace(/:\d+\//, ':1/');
  const pool = createPool(away, { applicationName: 'test', logger });
  const { app } = bench.build({ db: createDatabase(pool) });
  expect((await app.inject('/metrics')).statusCode).toBe(200);
  await app.close();
  await pool.end();
});

function pairs(fields: string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < fields.length; i += 2) record[fields[i] ?? ''] = fields[i + 1] ?? '';
  return record;
}
