import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { stopLeftOver, stopProcess } from './left-over.ts';
import {
  type Account,
  reachableFolder,
  reachablePrograms,
  unprivilegedAccount,
} from './postgres-account.ts';

export interface PostgresOptions {
  /** Where the data lives; made when it does not exist. */
  folder: string;
  port: number;
  /** Of the superuser `postgres`. Kept from the first start of the folder on. */
  password: string;
  /** False gives up durability for speed: for data that is thrown away. */
  durable?: boolean;
}

export interface RunningServer {
  /** Postgres: database `postgres` as the superuser. */
  url: string;
  pid: number;
  stop: () => Promise<void>;
}

const START_TIMEOUT_MS = 30_000;

/**
 * Starts the Postgres server that comes with the npm package, on 127.0.0.1 only. A server that a
 * killed launcher left running on the same folder is stopped first.
 *
 * @throws with the end of the server's log when it does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningServer> {
  const account = unprivilegedAccount();
  const folder = reachableFolder(options.folder, account);
  const bin = await reachablePrograms(account);
  await stopLeftOverPostgres(options.folder);
  if (!existsSync(join(folder, 'PG_VERSION'))) initialise(bin, folder, options.password, account);

  const logFile = `${options.folder}.log`;
  const log = openSync(logFile, 'w', 0o600);
  const server = spawn(join(bin, 'postgres'), serverArguments(folder, options), {
    stdio: ['ignore', log, log],
    cwd: folder,
    ...account,
  });
  closeSync(log);
  const url = `postgres://postgres:${options.password}@127.0.0.1:${options.port}/postgres`;
  try {
    await untilReady(url, server);
  } catch (error) {
    server.kill('SIGKILL');
    const tail = await readFile(logFile, 'utf8').then((text) => text.slice(-2000));
    throw new Error(`Postgres did not start. The end of ${logFile}:\n${tail}`, { cause: error });
  }
  const pid = server.pid as number;
  return { url, pid, stop: () => stopProcess(pid, 'SIGINT') };
}

/** Stops the server that a killed launcher left running on this data folder, if there is one. */
export async function stopLeftOverPostgres(dataFolder: string): Promise<void> {
  const folder = reachableFolder(dataFolder, unprivilegedAccount());
  const pidFile = join(folder, 'postmaster.pid');
  await stopLeftOver(pidFile, folder, 'SIGINT');
  // Postgres would refuse to start when the id in it belongs to something else by now.
  rmSync(pidFile, { force: true });
}

const THROW_AWAY = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_wal_size=128MB',
];

function serverArguments(folder: string, { port, durable = true }: PostgresOptions): string[] {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=100',
    'log_min_messages=warning',
    ...(durable ? [] : THROW_AWAY),
  ];
  return ['-D', folder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
}

function initialise(bin: string, folder: string, password: string, account: Account): void {
  // A folder without PG_VERSION is what an interrupted initdb leaves.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const passwordFile = join(dirname(folder), '.postgres-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(folder, account.uid, account.gid);
    chownSync(passwordFile, account.uid, account.gid);
  }
  try {
    const args = ['--auth=scram-sha-256', '--username=postgres', '--encoding=UTF8', '--locale=C'];
    execFileSync(
      join(bin, 'initdb'),
      [`--pgdata=${folder}`, `--pwfile=${passwordFile}`, '--no-sync', '--no-instructions', ...args],
      { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder, ...account },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    try {
      await client.connect();
      return;
    } catch (error) {
      if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) {
        throw error;
      }
      // 57P03: still starting. Anything else the server says itself will not change.
      const { code = '' } = error as { code?: string };
      if (Date.now() > deadline || code.startsWith('28')) throw error;
      await sleep(25);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/**
 * The url of `database` on the server of `adminUrl`; the database is made when it does not exist.
 */
export async function ensureDatabase(adminUrl: string, database: string): Promise<string> {
  await withClient(adminUrl, async (client) => {
    const known = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (known.rowCount !== 0) return;
    await client.query(`create database ${pg.escapeIdentifier(database)}`);
  });
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** Deletes `database` on the server of `adminUrl`, also while others are connected to it. */
export async function dropDatabase(adminUrl: string, database: string): Promise<void> {
  const name = pg.escapeIdentifier(database);
  await withClient(adminUrl, (client) =>
    client.query(`drop database if exists ${name} with (force)`),
  );
}

async function withClient(url: string, use: (client: pg.Client) => Promise<unknown>) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
