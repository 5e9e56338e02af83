import { connectRedis, type Logger } from '@regard/service-kit';
import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import { QUEUE_PREFIX, type QueueDefinition } from './catalogue.ts';

/** Pause before a job is tried again whose failure is not its own, up to twice this. */
const TRANSIENT_PAUSE_MS = 1000;

export interface DeadJob {
  id: string;
  payload: unknown;
  cause: string;
  attempts: number;
}

export interface WorkerOptions<Payload> {
  definition: QueueDefinition<Payload>;
  redisUrl: string;
  logger: Logger;
  /** Jobs in hand at the same time. */
  concurrency: number;
  /** Does the work. It must bear running twice: a killed worker's jobs run again. */
  handle: (payload: Payload, attempt: number) => Promise<void>;
  /**
   * Whether a failure is not the job's fault: a database that is away, say. Such a job is tried again
   * for as long as it takes, and no try counts.
   */
  isTransient: (error: Error) => boolean;
  /** Called when a job will not be tried again. */
  onDead: (job: DeadJob) => Promise<void>;
}

export interface RunningWorker {
  isRunning: () => boolean;
  /** Jobs that wait for their first or next try. */
  backlog: () => Promise<number>;
  /** Takes no more jobs and waits for those in hand. */
  close: () => Promise<void>;
}

/**
 * Starts a worker of a queue. A job whose payload does not fit its schema is dead at once; others
 * are tried again with growing pauses. Locks are short, so that the jobs of a killed worker are
 * taken over within seconds (docs/operations.md).
 */
export function createWorker<Payload>(options: WorkerOptions<Payload>): RunningWorker {
  const { definition, logger, handle } = options;
  const connection = connectRedis(options.redisUrl, 'patient', logger);
  const worker = new Worker(
    definition.name,
    async (job: Job<unknown>, token?: string) => {
      const payload = definition.schema.safeParse(job.data);
      if (!payload.success) throw new UnrecoverableError('The payload does not fit its schema');
      try {
        await handle(payload.data, job.attemptsMade + 1);
      } catch (error) {
        if (!options.isTransient(error as Error)) throw error;
        const kind = (error as { code?: string }).code ?? (error as Error).name;
        logger.warn({ job: job.id, kind }, 'job.postponed');
        await job.moveToDelayed(Date.now() + TRANSIENT_PAUSE_MS * (1 + Math.random()), token);
        throw new DelayedError();
      }
    },
    {
      connection,
      prefix: QUEUE_PREFIX,
      concurrency: options.concurrency,
      lockDuration: 5000,
      stalledInterval: 2000,
      maxStalledCount: 5,
    },
  );
  worker.on('error', (error) => logger.warn({ kind: error.name }, 'worker.error'));
  const queue = new Queue(definition.name, { connection, prefix: QUEUE_PREFIX });
  queue.on('error', (error) => logger.debug({ kind: error.name }, 'queue.error'));
  worker.on('failed', (job, error) => {
    if (job === undefined) return;
    const dead = error instanceof UnrecoverableError || job.attemptsMade >= definition.attempts;
    const line = { job: job.id, attempt: job.attemptsMade, dead, err: error };
    logger[dead ? 'error' : 'warn'](line, 'job.failed');
    if (dead) void bury(options, job, error);
  });
  return {
    isRunning: () => worker.isRunning(),
    backlog: () => queue.getJobCountByTypes('waiting', 'delayed'),
    close: async () => {
      await worker.close();
      await queue.close();
      connection.disconnect();
    },
  };
}

async function bury<Payload>(
  { onDead, logger }: WorkerOptions<Payload>,
  job: Job<unknown>,
  error: Error,
): Promise<void> {
  try {
    const { id = '', data, attemptsMade } = job;
    await onDead({ id, payload: data, cause: error.message, attempts: attemptsMade });
    // Kept there, it must not keep its id here: the sender may deliver the event again.
    await job.remove();
  } catch (failure) {
    // The job itself stays in BullMQ's failed set for a week.
    logger.error({ job: job.id, err: failure }, 'dead_letter.not_stored');
  }
}
