import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { loadConfig } from '@regard/service-kit';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { SERVICE_NAMES } from '../src/service-specs.ts';

interface ComposeService {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck: { test?: unknown; disable?: boolean };
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const compose = parse(readFileSync(`${root}docker-compose.yml`, 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>;
};
const makeEnv = fileURLToPath(new URL('../src/env-command.ts', import.meta.url));
const env = parseEnv(execFileSync(process.execPath, [makeEnv], { encoding: 'utf8' }));

/** As docker compose does it: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. */
function interpolate(text: string): string {
  return text.replaceAll(/\$\{(\w+)(?::(-|\?)([^}]*))?\}/g, (_all, name, kind, rest) => {
    const value = env[name];
    if (value) return value;
    if (kind === '-') return rest as string;
    throw new Error(`${name} is not in .env`);
  });
}

function environmentOf(name: string): Record<string, string> {
  const entries = Object.entries(compose.services[name]?.environment ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, interpolate(value)]));
}

it.each(SERVICE_NAMES)('gives %s every setting it needs in production', async (name) => {
  const { configSchema } = (await import(`../../../services/${name}/src/config.ts`)) as {
    configSchema: z.ZodObject;
  };
  const settings = { ...environmentOf(name), HOST: '0.0.0.0', PORT: '8080' };
  expect(loadConfig(configSchema, settings)).toMatchObject({ REGARD_MODE: 'production' });
});

it.each(SERVICE_NAMES)('starts %s only on up-to-date schemas, and watches its health', (name) => {
  const service = compose.services[name] as ComposeService;
  expect(service.depends_on).toEqual({
    migrate: { condition: 'service_completed_successfully' },
    redis: { condition: 'service_healthy' },
  });
  expect(service.healthcheck.test).toBeDefined();
});

it('runs programs that exist', () => {
  const programs = Object.values(compose.services)
    .map(({ command }) => command)
    .filter((command) => command?.[0] === 'node')
    .map((command) => command?.[1] ?? '');
  expect(programs).toHaveLength(SERVICE_NAMES.length + 2);
  expect(programs.filter((program) => !existsSync(root + program))).toEqual([]);
});

it('gives the jobs whatever they ask for', () => {
  const job = { ...environmentOf('migrate'), ...environmentOf('sandbox') };
  expect(Object.keys(job).sort()).toEqual([
    'BIOMETRICS_DATABASE_URL',
    'DATABASE_URL',
    'DESTINATION_SECRETS_KEY',
    'REAUTH_DATABASE_URL',
    'SANDBOX_API_KEY',
    'TOKENS_DATABASE_URL',
  ]);
});
