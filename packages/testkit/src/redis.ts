import { Redis } from 'ioredis';

export interface TestRedis {
  /** Of an empty database that no other test uses now. */
  url: string;
  /** Empties the database and gives it back. */
  close: () => Promise<void>;
}

/** A test that died without giving its database back loses it after this time. */
const LEASE_SECONDS = 900;

/**
 * Takes a logical Redis database for a test file. Numbers are leased in database 0, so that test
 * files running side by side get different ones. Publish/subscribe channels belong to the whole
 * server: messages of other test files may arrive and must be told apart by their content.
 *
 * @throws outside a test run, or when all databases are taken
 */
export async function createTestRedis(): Promise<TestRedis> {
  const server = process.env.REGARD_TEST_REDIS_URL;
  if (!server) {
    throw new Error(
      'REGARD_TEST_REDIS_URL is not set: test databases exist only in a run of vitest',
    );
  }
  const leases = new Redis(withDatabase(server, 0));
  try {
    const number = await lease(leases);
    const url = withDatabase(server, number);
    await empty(url);
    return { url, close: () => giveBack(server, number) };
  } finally {
    leases.disconnect();
  }
}

async function lease(redis: Redis): Promise<number> {
  const [, count] = (await redis.call('CONFIG', 'GET', 'databases').then(pairOf)) ?? [];
  for (let number = 1; number < Number(count); number += 1) {
    const taken = await redis.set(leaseKey(number), process.pid, 'EX', LEASE_SECONDS, 'NX');
    if (taken === 'OK') return number;
  }
  throw new Error(
    `All ${count} databases of the test Redis are taken: is close() called in afterAll?`,
  );
}

/** The answer is a flat list under RESP2 and a map under RESP3. */
function pairOf(answer: unknown): string[] | undefined {
  if (Array.isArray(answer)) return answer.map(String);
  return Object.entries(answer as Record<string, string>)[0];
}

async function giveBack(server: string, number: number): Promise<void> {
  await empty(withDatabase(server, number));
  const leases = new Redis(withDatabase(server, 0));
  await leases.del(leaseKey(number));
  leases.disconnect();
}

async function empty(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushdb();
  redis.disconnect();
}

const leaseKey = (number: number) => `regard:testkit:database:${number}`;

function withDatabase(url: string, number: number): string {
  const changed = new URL(url);
  changed.pathname = `/${number}`;
  return changed.href;
}
