import { OUTCOME_CHANNEL, outcomeSchema } from '@regard/contract';
import type { Logger } from '@regard/service-kit';
import type { Redis } from 'ioredis';

export interface OutcomeWaiter {
  /** Resolves when something was decided about the session, or when the time is over. */
  next: (sessionId: string, timeoutMs: number) => Promise<void>;
  close: () => Promise<void>;
}

/**
 * Listens to the decision side's announcements over one connection for the whole process. It only
 * wakes those who wait; what was decided they read from the database.
 */
export function createOutcomeWaiter(subscriber: Redis, logger: Logger): OutcomeWaiter {
  const waiting = new Map<string, Set<() => void>>();
  subscriber.on('message', (_channel, message) => {
    const outcome = outcomeSchema.safeParse(parse(message));
    if (!outcome.success) return;
    for (const wake of waiting.get(outcome.data.sessionId) ?? []) wake();
  });
  subscriber
    .subscribe(OUTCOME_CHANNEL)
    .catch((error) => logger.warn({ err: error }, 'outcomes.not_subscribed'));

  return {
    next: (sessionId, timeoutMs) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const group = waiting.get(sessionId) ?? new Set();
      waiting.set(sessionId, group.add(resolve));
      const timer = setTimeout(resolve, timeoutMs);
      return promise.finally(() => {
        clearTimeout(timer);
        group.delete(resolve);
        if (group.size === 0) waiting.delete(sessionId);
      });
    },
    close: async () => {
      for (const group of waiting.values()) for (const wake of group) wake();
      subscriber.disconnect();
    },
  };
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null;
  }
}
