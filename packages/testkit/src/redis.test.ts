import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { createTestRedis } from './redis.ts';

it('gives each caller an empty database of its own', async () => {
  const [one, other] = [await createTestRedis(), await createTestRedis()];
  expect(one.url).not.toBe(other.url);
  const [left, right] = [new Redis(one.url), new Redis(other.url)];
  await left.set('key', 'value');
  expect(await right.dbsize()).toBe(0);
  left.disconnect();
  right.disconnect();
  await one.close();
  await other.close();
});

it('empties a database before it is used again', async () => {
  const first = await createTestRedis();
  const writer = new Redis(first.url);
  await writer.set('key', 'value');
  writer.disconnect();
  await first.close();
  const second = await createTestRedis();
  expect(second.url).toBe(first.url);
  const reader = new Redis(second.url);
  expect(await reader.dbsize()).toBe(0);
  reader.disconnect();
  await second.close();
});
