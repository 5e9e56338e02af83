import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMockDestination, type MockDestination } from './mock-destination.ts';

let destination: MockDestination;
beforeEach(async () => {
  destination = await createMockDestination();
});
afterEach(() => destination.close());

const post = (body: string, timeoutMs = 2000) =>
  fetch(`${destination.url}/hooks?a=1`, {
    method: 'POST',
    body,
    headers: { 'x-signature': 's' },
    signal: AbortSignal.timeout(timeoutMs),
  });

it('records each request byte by byte', async () => {
  expect((await post('{"a": "ü"}')).status).toBe(200);
  expect(destination.requests).toMatchObject([
    {
      method: 'POST',
      url: '/hooks?a=1',
      headers: { 'x-signature': 's' },
      rawBody: Buffer.from('{"a": "ü"}'),
    },
  ]);
});

it('answers as scripted, then with the standing answer', async () => {
  destination.always({ status: 204 });
  destination.script({ status: 503, headers: { 'retry-after': '7' } }, { status: 410 });
  const first = await post('1');
  expect([first.status, first.headers.get('retry-after')]).toEqual([503, '7']);
  expect((await post('2')).status).toBe(410);
  expect((await post('3')).status).toBe(204);
});

it('can hang, and can cut the connection', async () => {
  destination.script('hang', 'reset');
  await expect(post('1', 100)).rejects.toMatchObject({ name: 'TimeoutError' });
  await expect(post('2')).rejects.toMatchObject({ cause: { code: 'UND_ERR_SOCKET' } });
  expect(destination.requests).toHaveLength(2);
});

it('closes at once, also with a request that hangs', async () => {
  destination.script('hang');
  const hanging = post('1').catch((error: Error) => error);
  await expect.poll(() => destination.requests).toHaveLength(1);
  await destination.close();
  expect(await hanging).toBeInstanceOf(Error);
  destination = await createMockDestination();
});
