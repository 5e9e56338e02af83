import { type Verdict, verdictSchema } from '@regard/contract';
import type { z } from 'zod';

/** One queue: its name, what a job of it holds, and how long it is tried and kept. */
export interface QueueDefinition<Payload> {
  name: string;
  schema: z.ZodType<Payload>;
  /** Tries before a job is dead. */
  attempts: number;
  /** First pause between tries in milliseconds; it doubles each time, with jitter. */
  backoffMs: number;
  /** Finished jobs are kept this long: a repeat of their id is ignored meanwhile. */
  keepCompletedSeconds: number;
}

/** Shared by all queues of a deployment, so that several may live in one Redis. */
export const QUEUE_PREFIX = 'regard';

/**
 * Every queue there is. A job holds ids, scores and reason codes, never a picture, a template, a
 * name or metadata (requirement Q-5).
 */
export const QUEUES = {
  verdicts: {
    name: 'verdicts',
    schema: verdictSchema,
    attempts: 8,
    backoffMs: 200,
    keepCompletedSeconds: 3600,
  } satisfies QueueDefinition<Verdict>,
} as const;
