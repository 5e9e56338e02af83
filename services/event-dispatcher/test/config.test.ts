import { loadConfig } from '@regard/service-kit';
import { expect, test } from 'vitest';
import { configSchema } from '../src/config.ts';

const environment = {
  PORT: '4404',
  DATABASE_URL: 'postgres://regard_reauth:pw@127.0.0.1/regard',
  REDIS_URL: 'redis://127.0.0.1:6379',
  DESTINATION_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64url'),
};

test('defaults are those of a production', () => {
  expect(loadConfig(configSchema, environment)).toMatchObject({
    REGARD_MODE: 'production',
    DANGEROUS_ALLOW_PRIVATE_DESTINATIONS: false,
    DELIVERY_CONCURRENCY: 64,
    DELIVERY_TIMEOUT_MS: 15_000,
    STREAM_MAX_LENGTH: 1_000_000,
    DELIVERY_RETRY_SECONDS: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
  });
});

test('private destinations are refused in production and allowed in development', () => {
  const dangerous = { ...environment, DANGEROUS_ALLOW_PRIVATE_DESTINATIONS: 'true' };
  expect(() => loadConfig(configSchema, dangerous)).toThrow(
    /DANGEROUS_ALLOW_PRIVATE_DESTINATIONS: is refused with REGARD_MODE=production/,
  );
  const config = loadConfig(configSchema, { ...dangerous, REGARD_MODE: 'development' });
  expect(config.DANGEROUS_ALLOW_PRIVATE_DESTINATIONS).toBe(true);
});

test('a retry list is whole seconds', () => {
  const load = (list: string) =>
    loadConfig(configSchema, { ...environment, DELIVERY_RETRY_SECONDS: list })
      .DELIVERY_RETRY_SECONDS;
  expect(load('1, 2,3')).toEqual([1, 2, 3]);
  for (const wrong of ['1,,2', 'soon', '-1', '1.5'])
    expect(() => load(wrong)).toThrow(/whole seconds/);
});
