import { claimDueEvents } from './event-store.ts';
import type { UnsentEvent } from './schema.ts';
import { type SendDeps, sendVerdict } from './steps/send-verdict.ts';

const BATCH = 32;

export interface VerdictSender {
  /** Sends an event this process has just committed; the caller does not wait. */
  send: (event: UnsentEvent) => void;
  /** Sends what is due: retries, and events whose first sender died. */
  sweep: () => Promise<void>;
  /** Resolves when nothing is being sent. */
  idle: () => Promise<void>;
}

export function createVerdictSender(deps: SendDeps): VerdictSender {
  const underWay = new Set<Promise<void>>();

  const send = (event: UnsentEvent): Promise<void> => {
    const sending = sendVerdict(deps, event)
      .catch((error: Error & { code?: string }) => {
        const kind = error.code ?? error.name;
        deps.logger.warn({ eventId: event.id, kind }, 'verdict.not_recorded');
      })
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
    return sending;
  };
  return {
    send: (event) => void send(event),
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    sweep: async () => {
      // What was claimed is sent before more is: a slow receiver must not gather a heap of leases.
      const due = await claimDueEvents(deps.db, deps.now(), BATCH);
      await Promise.all(due.map(send));
    },
  };
}
