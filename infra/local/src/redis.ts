import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { stopLeftOver, stopProcess } from './left-over.ts';
import type { RunningServer } from './postgres.ts';
import type { RedisProgram } from './redis-program.ts';

export interface RedisOptions {
  program: RedisProgram;
  /** Where the append-only file lives; made when it does not exist. */
  folder: string;
  port: number;
}

/** The settings every Redis of Regard must have: nothing is evicted, little is lost in a crash. */
export const REDIS_SETTINGS = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  'maxmemory-policy': 'noeviction',
} as const;

const LOCAL_SETTINGS = {
  ...REDIS_SETTINGS,
  maxmemory: '512mb',
  // Tests take a database each.
  databases: '64',
  save: '',
  bind: '127.0.0.1',
  'protected-mode': 'yes',
  daemonize: 'no',
};

const PID_FILE = 'redis.pid';
const START_TIMEOUT_MS = 30_000;

/**
 * Starts a Redis server on 127.0.0.1 only. A server that a killed launcher left running on the
 * same folder is stopped first.
 *
 * @throws with the end of the server's log when it does not come up
 */
export async function startRedis({ program, folder, port }: RedisOptions): Promise<RunningServer> {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  await stopLeftOverRedis(path);
  const logFile = `${path}.log`;
  const log = openSync(logFile, 'w', 0o600);
  const settings = {
    ...LOCAL_SETTINGS,
    port: String(port),
    dir: path,
    pidfile: join(path, PID_FILE),
  };
  const server = spawn(
    program.command,
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: ['ignore', log, log], env: environment(program) },
  );
  closeSync(log);
  let failed = false;
  server.once('error', () => {
    failed = true;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answersPing(port))) {
    if (failed || server.exitCode !== null || Date.now() > deadline) {
      server.kill('SIGKILL');
      const tail = await readFile(logFile, 'utf8').then((text) => text.slice(-2000));
      throw new Error(`${program.command} did not start. The end of ${logFile}:\n${tail}`);
    }
    await sleep(20);
  }
  const pid = server.pid as number;
  return { url: `redis://127.0.0.1:${port}`, pid, stop: () => stopProcess(pid, 'SIGTERM') };
}

/** Stops the server that a killed launcher left running on this data folder, if there is one. */
export async function stopLeftOverRedis(dataFolder: string): Promise<void> {
  const folder = resolve(dataFolder);
  await stopLeftOver(join(folder, PID_FILE), folder, 'SIGTERM');
}

function environment({ libraryPath }: RedisProgram): NodeJS.ProcessEnv {
  if (libraryPath === undefined) return process.env;
  return { ...process.env, LD_LIBRARY_PATH: libraryPath };
}

/** Asked by hand: a client library would reconnect and wait while the append-only file loads. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 }, () =>
      socket.write('PING\r\n'),
    );
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('data', (data) => answer(data.toString('latin1').startsWith('+PONG')));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
    socket.once('close', () => answer(false));
  });
}

/**
 * Compares the settings of a running server with those it must have.
 *
 * @returns a sentence for each fault; for a server that hides its settings, one that says so
 */
export async function redisSettingFaults(url: string): Promise<string[]> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  try {
    const answer = await redis.config('GET', ...Object.keys(REDIS_SETTINGS));
    const actual = settingsOf(answer);
    const { appendonly, appendfsync } = actual;
    return [
      ...(actual['maxmemory-policy'] === 'noeviction'
        ? []
        : [
            `maxmemory-policy is ${actual['maxmemory-policy']}, it must be noeviction: queued verdicts could be evicted`,
          ]),
      ...(appendonly === 'yes' && appendfsync !== 'no'
        ? []
        : [
            `appendonly is ${appendonly} with appendfsync ${appendfsync}; a restart would lose queued verdicts`,
          ]),
    ];
  } catch (error) {
    return [
      `the settings cannot be read (${(error as Error).message}); they must be noeviction with AOF on`,
    ];
  } finally {
    redis.disconnect();
  }
}

/** CONFIG GET answers a flat list under RESP2 and a map under RESP3. */
function settingsOf(answer: unknown): Record<string, string> {
  if (!Array.isArray(answer)) return answer as Record<string, string>;
  const pairs: [string, string][] = [];
  for (let index = 0; index < answer.length; index += 2)
    pairs.push([answer[index], answer[index + 1]]);
  return Object.fromEntries(pairs);
}
