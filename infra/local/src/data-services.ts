import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedisContainer } from './containers.ts';
import type { GuardAnswer, GuardPlan, GuardRequest } from './data-guard.ts';
import { stopLeftOverPostgres } from './postgres.ts';
import { stopLeftOverRedis } from './redis.ts';
import { defaultCacheFolder, findRedisProgram } from './redis-program.ts';

export interface DataServicesOptions {
  /** Data folders `postgres` and `redis` are made inside it. */
  folder: string;
  ports: { postgres: number; redis: number };
  postgresPassword: string;
  /** Servers that run elsewhere; the embedded one is then not started. */
  external?: { postgresUrl?: string; redisUrl?: string };
  /** For data that is thrown away: the folder is deleted in the end, and Postgres skips fsync. */
  temporary?: boolean;
  log: (line: string) => void;
}

export interface DataServices {
  /** A superuser of Postgres, on some database of the server. */
  postgresUrl: string;
  redisUrl: string;
  pids: number[];
  /** Has the guard stop this process too when the launcher dies without a word. */
  watch: (pid: number) => void;
  stop: () => Promise<void>;
}

const NO_REDIS = `No Redis server was found and none could be unpacked. Do one of these:
  - install redis-server (or valkey-server) so that it is on PATH
  - set REDIS_SERVER_BIN to the path of a redis-server program
  - set REDIS_URL to a running server of your own (noeviction, AOF on)
  - start a docker engine`;

/**
 * Starts Postgres and Redis under a guard process that stops them when this process ends, however
 * it ends.
 *
 * @throws with a message for the user when one of them cannot be had
 */
export async function startDataServices(options: DataServicesOptions): Promise<DataServices> {
  const { folder, ports, external = {}, temporary = false, log } = options;
  const plan: GuardPlan = {};
  let stopContainer: (() => Promise<void>) | undefined;
  let redisUrl = external.redisUrl;
  if (temporary) {
    plan.temporaryFolder = folder;
    // When we are root, Postgres runs as somebody else, who must be able to get to its data.
    chmodSync(folder, 0o711);
  }
  if (external.postgresUrl === undefined) {
    plan.postgres = {
      folder: join(folder, 'postgres'),
      port: ports.postgres,
      password: options.postgresPassword,
      durable: !temporary,
    };
  }
  if (redisUrl === undefined) {
    const cacheFolder = defaultCacheFolder(process.env);
    const program = await findRedisProgram({ env: process.env, cacheFolder, log });
    if (program) plan.redis = { program, folder: join(folder, 'redis'), port: ports.redis };
    else {
      const container = await startRedisContainer();
      if (container === undefined) throw new Error(NO_REDIS);
      redisUrl = container.url;
      stopContainer = container.stop;
    }
  }
  const guard = await startGuard(plan);
  return {
    postgresUrl: external.postgresUrl ?? (guard.started.postgresUrl as string),
    redisUrl: redisUrl ?? (guard.started.redisUrl as string),
    pids: [guard.pid, ...guard.started.pids],
    watch: guard.watch,
    stop: async () => {
      await guard.stop();
      await stopContainer?.();
    },
  };
}

/** Stops what a launcher killed together with its guard left running, and so frees the ports. */
export async function stopLeftOverServers(folder: string): Promise<void> {
  await stopLeftOverPostgres(join(folder, 'postgres'));
  await stopLeftOverRedis(join(folder, 'redis'));
}

async function startGuard(plan: GuardPlan) {
  // Detached: Ctrl-C in the terminal must reach the launcher only, which stops things in order.
  const guard = fork(fileURLToPath(new URL('./data-guard.ts', import.meta.url)), {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const request = (message: GuardRequest) => {
    if (guard.connected) guard.send(message);
  };
  const exited = once(guard, 'exit');
  request({ type: 'start', plan });
  const [answer] = (await Promise.race([once(guard, 'message'), exited])) as [GuardAnswer | number];
  if (typeof answer !== 'object' || answer?.type !== 'started') {
    const message = typeof answer === 'object' && answer?.type === 'failed' ? answer.message : '';
    throw new Error(message || 'The process that owns Postgres and Redis ended at once');
  }
  // The guard alone must not keep a launcher running that has nothing else to do.
  guard.unref();
  guard.channel?.unref();
  return {
    started: answer,
    pid: guard.pid as number,
    watch: (pid: number) => request({ type: 'watch', pid }),
    stop: async () => {
      guard.ref();
      request({ type: 'stop' });
      await exited;
    },
  };
}
