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

function pairs(fields: string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < fields.length; i += 2) record[fields[i] ?? ''] = fields[i + 1] ?? '';
  return record;
}
