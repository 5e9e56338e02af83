import type { Logger } from '@regard/service-kit';
import { connectRedis } from '@regard/service-kit';
import { Queue } from 'bullmq';
import { QUEUE_PREFIX, type QueueDefinition } from './catalogue.ts';

/** A payload above this is a mistake: jobs hold facts, not documents (requirement Q-3). */
const MAX_PAYLOAD_BYTES = 4096;

export interface Producer<Payload> {
  /**
   * Queues a job. It resolves once Redis has taken it; it rejects at once while Redis is away.
   *
   * @param id unique name of the job; adding it again while it is waiting, active or kept is a no-op
   */
  add: (id: string, payload: Payload) => Promise<void>;
  /** Whether Redis can take a job now. Rejects when it cannot. */
  check: () => Promise<void>;
  close: () => Promise<void>;
}

/**
 * Opens a queue for writing over its own fail-fast connection. It does not wait for Redis: a service
 * that starts while Redis is away answers 503 until it is back.
 */
export function createProducer<Payload>(
  definition: QueueDefinition<Payload>,
  redisUrl: string,
  logger: Logger,
): Producer<Payload> {
  const connection = connectRedis(redisUrl, 'fail-fast', logger);
  const queue = new Queue(definition.name, {
    connection,
    prefix: QUEUE_PREFIX,
    streams: { events: { maxLen: 1000 } },
    defaultJobOptions: {
      attempts: definition.attempts,
      backoff: { type: 'exponential', delay: definition.backoffMs, jitter: 0.5 },
      removeOnComplete: { age: definition.keepCompletedSeconds, count: 1000 },
      removeOnFail: { age: 7 * 86_400, count: 10_000 },
    },
  });
  queue.on('error', (error) => logger.debug({ kind: error.name }, 'queue.error'));
  const mustBeReady = () => {
    // Before its first contact BullMQ would wait for Redis; a caller gets an answer instead.
    if (connection.status !== 'ready') throw new Error('Redis is not reachable');
  };
  return {
    add: async (id, payload) => {
      mustBeReady();
      const size = Buffer.byteLength(JSON.stringify(payload));
      if (size > MAX_PAYLOAD_BYTES) {
        throw new RangeError(
          `A ${definition.name} job may hold ${MAX_PAYLOAD_BYTES} bytes, not ${size}`,
        );
      }
      await queue.add(definition.name, payload, { jobId: id });
    },
    check: async () => {
      mustBeReady();
      await connection.set(`${QUEUE_PREFIX}:probe:${definition.name}`, '1', 'EX', 60);
    },
    close: async () => {
      await queue.close();
      connection.disconnect();
    },
  };
}
