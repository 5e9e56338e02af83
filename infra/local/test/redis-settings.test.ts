import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DataServices, startDataServices } from '../src/data-services.ts';
import { freePort } from '../src/ports.ts';
import { redisSettingFaults } from '../src/redis.ts';

let data: DataServices;
let redis: Redis;

beforeAll(async () => {
  data = await startDataServices({
    folder: mkdtempSync(join(tmpdir(), 'regard-settings-')),
    ports: { postgres: 0, redis: await freePort() },
    postgresPassword: '',
    external: { postgresUrl: 'postgres://unused' },
    temporary: true,
    log: () => undefined,
  });
  redis = new Redis(data.redisUrl);
});

afterAll(async () => {
  redis?.disconnect();
  await data?.stop();
});

it('finds no fault in a server of ours', async () => {
  expect(await redisSettingFaults(data.redisUrl)).toEqual([]);
});

it('names each setting that would lose verdicts', async () => {
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await redis.config('SET', 'appendonly', 'no');
  const faults = await redisSettingFaults(data.redisUrl);
  expect(faults).toHaveLength(2);
  expect(faults[0]).toContain('maxmemory-policy is allkeys-lru');
  expect(faults[1]).toContain('appendonly is no');
});
