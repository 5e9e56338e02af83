/**
 * Owns Postgres and Redis in a process of its own and stops them when its channel to the launcher
 * closes. A launcher killed by SIGKILL can clean nothing up; this process does it.
 */
import { rmSync } from 'node:fs';
import { isAlive, stopProcess } from './left-over.ts';
import { type PostgresOptions, type RunningServer, startPostgres } from './postgres.ts';
import { type RedisOptions, startRedis } from './redis.ts';

/** What to run; a part left out runs elsewhere. */
export interface GuardPlan {
  postgres?: PostgresOptions;
  redis?: RedisOptions;
  /** Folder to delete in the end. */
  temporaryFolder?: string;
}

export type GuardRequest =
  | { type: 'start'; plan: GuardPlan }
  /** A process that must not outlive the launcher either. */
  | { type: 'watch'; pid: number }
  | { type: 'stop' };

export type GuardAnswer =
  | { type: 'started'; postgresUrl?: string; redisUrl?: string; pids: number[] }
  | { type: 'failed'; message: string };

/** How long services have to notice for themselves that the launcher is gone. */
const SERVICE_GRACE_MS = 3000;

const watched = new Set<number>();
const servers: Promise<RunningServer>[] = [];
let temporaryFolder: string | undefined;
let stopping = false;

async function start(plan: GuardPlan): Promise<void> {
  temporaryFolder = plan.temporaryFolder;
  const postgres = plan.postgres && startPostgres(plan.postgres);
  const redis = plan.redis && startRedis(plan.redis);
  servers.push(...[postgres, redis].filter((server) => server !== undefined));
  try {
    const running = await Promise.all(servers);
    answer({
      type: 'started',
      ...(postgres && { postgresUrl: (await postgres).url }),
      ...(redis && { redisUrl: (await redis).url }),
      pids: running.map(({ pid }) => pid),
    });
  } catch (error) {
    answer({ type: 'failed', message: (error as Error).message });
    await stop();
  }
}

function answer(message: GuardAnswer): void {
  if (process.connected) process.send?.(message);
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const living = [...watched].filter(isAlive);
  await Promise.all(living.map((pid) => stopProcess(pid, 'SIGTERM', SERVICE_GRACE_MS)));
  const started = await Promise.allSettled(servers);
  await Promise.all(started.map((it) => (it.status === 'fulfilled' ? it.value.stop() : undefined)));
  if (temporaryFolder) rmSync(temporaryFolder, { recursive: true, force: true });
  process.exit(0);
}

process.on('message', (request: GuardRequest) => {
  if (request.type === 'start') void start(request.plan);
  else if (request.type === 'watch') watched.add(request.pid);
  else void stop();
});
process.on('disconnect', () => void stop());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void stop());
