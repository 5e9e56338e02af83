import { Redis, type RedisOptions } from 'ioredis';
import type { ReadinessCheck } from './health.ts';
import type { Logger } from './logger.ts';

/** Reconnect after 0.1 s, then slower, never slower than 5 s. */
const retryStrategy = (attempt: number) => Math.min(100 * 2 ** Math.min(attempt, 6), 5000);

const OPTIONS = {
  /** Requests in hand answer at once when Redis is away, instead of hanging on a queue. */
  'fail-fast': { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 1000 },
  /** Workers and subscribers wait for Redis to come back. */
  patient: { maxRetriesPerRequest: null },
} satisfies Record<string, RedisOptions>;

/** Opens a connection of one of the two tempers and logs its errors, once a kind until it recovers. */
export function connectRedis(url: string, temper: keyof typeof OPTIONS, logger: Logger): Redis {
  const redis = new Redis(url, { ...OPTIONS[temper], retryStrategy, connectTimeout: 2000 });
  let reported = '';
  redis.on('error', (error: Error & { code?: string }) => {
    const kind = error.code ?? error.name;
    if (kind !== reported) logger.warn({ kind }, 'redis.error');
    reported = kind;
  });
  redis.on('ready', () => {
    if (reported !== '') logger.info('redis.recovered');
    reported = '';
  });
  return redis;
}

/** Resolves when the connection can take commands; fail-fast connections refuse them before. */
export async function redisReady(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onReady = () => resolve();
  const onEnd = () => reject(new Error('The Redis connection was closed'));
  redis.once('ready', onReady);
  redis.once('end', onEnd);
  await promise.finally(() => redis.off('ready', onReady).off('end', onEnd));
}

/** Ready when Redis takes a write: a full or read-only server answers PING but is of no use. */
export function redisCheck(redis: Redis, service: string): ReadinessCheck {
  return {
    name: 'redis',
    check: async () => {
      await redis.set(`regard:probe:${service}`, '1', 'EX', 60);
    },
  };
}
