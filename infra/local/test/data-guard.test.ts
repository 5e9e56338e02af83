import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isAlive, waitUntilGone } from '../src/left-over.ts';
import { unprivilegedAccount } from '../src/postgres-account.ts';

interface Running {
  postgresUrl: string;
  redisUrl: string;
  /** Guard, Postgres, Redis. */
  pids: number[];
  stubborn: number;
}

let folder: string;
const launchers: ChildProcess[] = [];
const seen: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regard-guard-'));
  chmodSync(folder, 0o711);
});

afterEach(async () => {
  for (const launcher of launchers.splice(0)) launcher.kill('SIGKILL');
  // Its guard ends what is left; by force only where that failed.
  for (const pid of seen.splice(0)) {
    if (!(await waitUntilGone(pid, 8000))) process.kill(pid, 'SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
});

async function launch(): Promise<{ launcher: ChildProcess; running: Running }> {
  const program = fileURLToPath(new URL('./hold-data-services.ts', import.meta.url));
  const launcher = spawn(process.execPath, [program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  launchers.push(launcher);
  if (!launcher.stdout) throw new Error('stdout is a pipe');
  for await (const line of createInterface({ input: launcher.stdout })) {
    const running = JSON.parse(line) as Running;
    seen.push(...running.pids, running.stubborn);
    return { launcher, running };
  }
  throw new Error('The launcher ended before it had started anything');
}

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

it('stops everything when the launcher is killed, stubborn services too', async () => {
  const { launcher, running } = await launch();
  const pids = [...running.pids, running.stubborn];
  expect(pids).toHaveLength(4);
  expect(pids.every(isAlive)).toBe(true);
  launcher.kill('SIGKILL');
  expect(await Promise.all(pids.map((pid) => waitUntilGone(pid, 10_000)))).toEqual(
    pids.map(() => true),
  );
});

it('starts again with all data after launcher and guard were killed together', async () => {
  const first = await launch();
  await query(first.running.postgresUrl, 'create table kept as select 42 as answer');
  const redis = new Redis(first.running.redisUrl);
  await redis.set('kept', '42');
  redis.disconnect();
  const [guard, postgres, redisServer] = first.running.pids as [number, number, number];
  // Both at once, so that neither can clean up after the other.
  const { stubborn } = first.running;
  for (const pid of [guard, first.launcher.pid as number, stubborn]) process.kill(pid, 'SIGKILL');
  await waitUntilGone(guard, 5000);
  expect([postgres, redisServer].map(isAlive)).toEqual([true, true]);

  const second = await launch();
  expect([postgres, redisServer].map(isAlive)).toEqual([false, false]);
  expect(await query(second.running.postgresUrl, 'select answer from kept')).toEqual([
    { answer: 42 },
  ]);
  const again = new Redis(second.running.redisUrl);
  expect(await again.get('kept')).toBe('42');
  again.disconnect();
});

it('starts although the id of the lost Postgres belongs to another process by now', async () => {
  const first = await launch();
  const [guard, postgres, redisServer] = first.running.pids as [number, number, number];
  const all = [guard, postgres, redisServer, first.running.stubborn, first.launcher.pid as number];
  for (const pid of all) process.kill(pid, 'SIGKILL');
  await Promise.all(all.map((pid) => waitUntilGone(pid, 5000)));
  const pidFile = join(folder, 'postgres', 'postmaster.pid');
  const rest = readFileSync(pidFile, 'utf8').split('\n').slice(1);
  // Of the same account, which is what Postgres looks at.
  const other = spawn('sleep', ['60'], { stdio: 'ignore', ...unprivilegedAccount() });
  launchers.push(other);
  writeFileSync(pidFile, [other.pid, ...rest].join('\n'));

  const second = await launch();
  expect(await query(second.running.postgresUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(isAlive(other.pid as number)).toBe(true);
});
