import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findRedisProgram } from './redis-program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regard-redis-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(path: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o755);
  return file;
}

const copyPath = `cache/redis-${process.platform}-${process.arch}/usr/bin/redis-server`;

function find(env: NodeJS.ProcessEnv) {
  return findRedisProgram({ env, cacheFolder: join(folder, 'cache'), log: () => undefined });
}

it('prefers REDIS_SERVER_BIN, then PATH, then the private copy', async () => {
  const named = program('named/my-redis');
  const onPath = program('bin/redis-server');
  const copy = program(copyPath);
  const PATH = `/nowhere:${join(folder, 'bin')}`;
  expect(await find({ REDIS_SERVER_BIN: named, PATH })).toMatchObject({ command: named });
  expect(await find({ PATH })).toEqual({ command: onPath, foundBy: 'PATH' });
  expect(await find({ PATH: '/nowhere' })).toMatchObject({
    command: copy,
    foundBy: 'private copy',
  });
});

it('takes valkey-server where there is no redis-server', async () => {
  const valkey = program('bin/valkey-server');
  expect(await find({ PATH: join(folder, 'bin') })).toMatchObject({ command: valkey });
});

it('does not go on searching when REDIS_SERVER_BIN is wrong', async () => {
  program('bin/redis-server');
  const env = { REDIS_SERVER_BIN: '/nowhere/redis', PATH: join(folder, 'bin') };
  await expect(find(env)).rejects.toThrow('REDIS_SERVER_BIN is /nowhere/redis');
});
