import { ConfigError, loadConfig } from '@regard/service-kit';
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { newSecrets } from './secrets.ts';
import { PORT_OFFSETS, serviceSpecs } from './service-specs.ts';

const ports = Object.fromEntries(
  Object.entries(PORT_OFFSETS).map(([name, offset]) => [name, 4400 + offset]),
) as Record<keyof typeof PORT_OFFSETS, number>;
const database = 'postgres://role:secret@127.0.0.1:4408/regard';
const specs = serviceSpecs({
  ports,
  databaseUrls: { reauth: database, biometrics: database, tokens: database },
  redisUrl: 'redis://127.0.0.1:4409',
  secrets: newSecrets(),
  extraEnv: { 'webhook-ingest': { LOG_LEVEL: 'silent' } },
});

async function configOf(name: string) {
  const { configSchema } = (await import(`../../../services/${name}/src/config.ts`)) as {
    configSchema: z.ZodObject;
  };
  return configSchema;
}

it.each(specs)('gives $name all the settings it asks for', async ({ name, port, env }) => {
  const schema = await configOf(name);
  expect(loadConfig(schema, { ...env, PORT: String(port) })).toMatchObject({
    PORT: port,
    REGARD_MODE: 'development',
  });
});

it.each(specs)('gives $name nothing that would pass in production by accident', async (spec) => {
  const dangerous = Object.keys(spec.env).filter((name) => name.startsWith('DANGEROUS_'));
  const schema = await configOf(spec.name);
  const boot = () =>
    loadConfig(schema, { ...spec.env, PORT: '1', REGARD_MODE: 'production' }) as unknown;
  if (dangerous.length > 0) expect(boot).toThrow(ConfigError);
  else expect(boot()).toMatchObject({ REGARD_MODE: 'production' });
});

it('adds the environment of one service to that service only', () => {
  const levels = specs.map(({ name, env }) => [name, env.LOG_LEVEL]);
  expect(levels.filter(([, level]) => level === 'silent')).toEqual([['webhook-ingest', 'silent']]);
});
