import { fileURLToPath } from 'node:url';
import { ConfigError, loadConfig } from '@regard/service-kit';
import { describe, expect, it } from 'vitest';
import { loadCalibrations } from '../src/calibrations.ts';
import { configSchema } from '../src/config.ts';

const drawn = fileURLToPath(
  new URL('../../../packages/testkit/src/drawn-calibration.json', import.meta.url),
);
const good = {
  PORT: '4401',
  DATABASE_URL: 'postgres://regard_biometrics:x@127.0.0.1/regard',
  REDIS_URL: 'redis://127.0.0.1',
  PUBLIC_URL: 'https://verify.example/',
  VERIFIER_API_KEYS: 'one, two',
  WEBHOOK_URL: 'https://ingest.example/webhooks/verdicts',
  WEBHOOK_SECRET: 'sixteen or more characters',
  TEMPLATE_KEY: Buffer.alloc(32, 1).toString('base64url'),
};
const faultsOf = (changes: Record<string, string>): string => {
  try {
    loadConfig(configSchema, { ...good, ...changes });
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};

describe('the settings', () => {
  it('are read into typed values', () => {
    expect(loadConfig(configSchema, good)).toMatchObject({
      PUBLIC_URL: 'https://verify.example',
      VERIFIER_API_KEYS: ['one', 'two'],
      REGARD_MODE: 'production',
    });
  });

  it('refuse a test calibration in production', () => {
    const faults = faultsOf({ DANGEROUS_TEST_CALIBRATION: drawn });
    expect(faults).toContain('DANGEROUS_TEST_CALIBRATION: must not be set in production');
    const development = { REGARD_MODE: 'development', DANGEROUS_TEST_CALIBRATION: drawn };
    expect(faultsOf(development)).toBe('');
  });

  it('refuse a template key of another length, without showing it', () => {
    const faults = faultsOf({ TEMPLATE_KEY: 'dG9vIHNob3J0' });
    expect(faults).toContain('TEMPLATE_KEY');
    expect(faults).not.toContain('dG9vIHNob3J0');
  });
});

describe('the calibrations', () => {
  it('hold a test calibration only outside production', async () => {
    const development = { REGARD_MODE: 'development', DANGEROUS_TEST_CALIBRATION: drawn } as const;
    expect((await loadCalibrations(development)).test?.production).toBe(false);
    const production = { ...development, REGARD_MODE: 'production' } as const;
    await expect(loadCalibrations(production)).rejects.toThrow(ConfigError);
    const alone = { REGARD_MODE: 'production', DANGEROUS_TEST_CALIBRATION: undefined } as const;
    expect(await loadCalibrations(alone)).not.toHaveProperty('test');
  });

  it('must be readable', async () => {
    const path = fileURLToPath(import.meta.url);
    const broken = { REGARD_MODE: 'development', DANGEROUS_TEST_CALIBRATION: path } as const;
    await expect(loadCalibrations(broken)).rejects.toThrow(/DANGEROUS_TEST_CALIBRATION/);
  });
});
