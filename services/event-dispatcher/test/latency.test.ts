import { createMockDestination } from '@regard/testkit/mock-destination';
import { waitFor } from '@regard/testkit/wait-for';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBench, openSession, type TestBench, whileDispatching } from './dispatcher.ts';

let bench: TestBench;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(() => bench.close());

test('a commit is with the destination long before the next sweep', async () => {
  const receiver = await createMockDestination();
  const applicationId = await bench.application();
  await bench.destination(applicationId, `${receiver.url}/hook`);
  const delays: number[] = [];
  await whileDispatching(bench, {}, async () => {
    for (let count = 1; count <= 30; count += 1) {
      await openSession(bench, applicationId);
      const committedAt = Date.now();
      await waitFor(() => receiver.requests.length === count, { what: 'it', intervalMs: 2 });
      const receivedAt = receiver.requests[count - 1]?.receivedAt.getTime() ?? 0;
      delays.push(Math.max(receivedAt - committedAt, 0));
    }
  });
  const median = delays.sort((a, b) => a - b)[15] ?? Number.POSITIVE_INFINITY;
  // A few ms on an idle machine; without the wake it would be some 500 ms.
  expect(median).toBeLessThan(100);
  await receiver.close();
});
