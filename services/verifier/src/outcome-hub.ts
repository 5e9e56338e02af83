import { OUTCOME_CHANNEL, type Outcome, outcomeSchema, type SessionStatus } from '@regard/contract';
import type { Logger } from '@regard/service-kit';
import type { Redis } from 'ioredis';

/** An outcome that arrives before its page asks is kept this long. */
const REMEMBER_MS = 60_000;
const MAX_REMEMBERED = 10_000;

export interface OutcomeHub {
  /**
   * The decision about a session of ours: at once when it is known, else when it is announced.
   *
   * @returns null when the time is over first
   */
  wait: (sessionId: string, timeoutMs: number) => Promise<SessionStatus | null>;
  close: () => Promise<void>;
}

/** Hears the decision side's announcements over one connection for the whole process. */
export function createOutcomeHub(subscriber: Redis, logger: Logger): OutcomeHub {
  const waiting = new Map<string, Set<(status: SessionStatus | null) => void>>();
  /** In the order of arrival, so the oldest is the first. */
  const remembered = new Map<string, { status: SessionStatus; at: number }>();

  subscriber.on('message', (_channel, message) => {
    const outcome = parseOutcome(message);
    if (outcome === null || outcome.providerSessionId === null) return;
    const { providerSessionId, status } = outcome;
    // That the capture was begun is announced too; nobody waits for that.
    if (status === 'Not Started' || status === 'In Progress') return;
    forgetOld();
    remembered.delete(providerSessionId);
    remembered.set(providerSessionId, { status, at: Date.now() });
    for (const wake of waiting.get(providerSessionId) ?? []) wake(status);
  });
  subscriber
    .subscribe(OUTCOME_CHANNEL)
    .catch((error) => logger.warn({ err: error }, 'outcomes.not_subscribed'));

  function forgetOld(): void {
    const oldest = Date.now() - REMEMBER_MS;
    for (const [id, { at }] of remembered) {
      if (at > oldest && remembered.size <= MAX_REMEMBERED) return;
      remembered.delete(id);
    }
  }

  return {
    wait: (sessionId, timeoutMs) => {
      const known = remembered.get(sessionId);
      if (known) return Promise.resolve(known.status);
      const { promise, resolve } = Promise.withResolvers<SessionStatus | null>();
      const group = waiting.get(sessionId) ?? new Set();
      waiting.set(sessionId, group.add(resolve));
      const timer = setTimeout(resolve, timeoutMs, null);
      return promise.finally(() => {
        clearTimeout(timer);
        group.delete(resolve);
        if (group.size === 0) waiting.delete(sessionId);
      });
    },
    close: async () => {
      for (const group of waiting.values()) for (const wake of group) wake(null);
      subscriber.disconnect();
    },
  };
}

function parseOutcome(message: string): Outcome | null {
  try {
    return outcomeSchema.safeParse(JSON.parse(message)).data ?? null;
  } catch {
    return null;
  }
}
