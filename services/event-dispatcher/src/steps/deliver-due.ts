import type { Logger } from '@regard/service-kit';
import { type ClaimedDelivery, claimDeliveries, type Database } from '@regard/store';
import type { Breaker } from '../breaker.ts';

export interface DeliverDueDeps {
  db: Database;
  logger: Logger;
  breaker: Breaker;
  /** Most deliveries under way. */
  concurrency: number;
  /** Most deliveries under way to one destination. */
  perDestination: number;
  /** Longer than an attempt can take, so that only a dead dispatcher's leases run out. */
  leaseSeconds: number;
  deliver: (delivery: ClaimedDelivery) => Promise<void>;
  /** Called when a delivery came to its end and there is room for another. */
  onRoom: () => void;
}

export interface DeliverDue {
  /** Starts as many due deliveries as there is room for, without waiting for them. */
  run: () => Promise<void>;
  /** Resolves when nothing is under way. */
  idle: () => Promise<void>;
}

/** Keeps deliveries under way within the limits, in all and for each destination. */
export function createDeliverDue(deps: DeliverDueDeps): DeliverDue {
  const underWay = new Set<Promise<void>>();
  const perDestination = new Map<string, number>();

  const start = (delivery: ClaimedDelivery) => {
    const { destinationId } = delivery;
    perDestination.set(destinationId, (perDestination.get(destinationId) ?? 0) + 1);
    const attempt = deps
      .deliver(delivery)
      .catch((error: Error & { code?: string }) => {
        const line = { eventId: delivery.eventId, destinationId, kind: error.code ?? error.name };
        deps.logger.warn(line, 'delivery.result_not_stored');
      })
      .finally(() => {
        underWay.delete(attempt);
        const left = (perDestination.get(destinationId) ?? 1) - 1;
        if (left > 0) perDestination.set(destinationId, left);
        else perDestination.delete(destinationId);
        deps.onRoom();
      });
    underWay.add(attempt);
  };

  const allowances = () => {
    const allowed = new Map(deps.breaker.open().map((id) => [id, 1]));
    for (const [id, count] of perDestination) {
      allowed.set(id, (allowed.get(id) ?? deps.perDestination) - count);
    }
    return allowed;
  };

  return {
    run: async () => {
      for (;;) {
        const limit = deps.concurrency - underWay.size;
        if (limit <= 0) return;
        const claimed = await claimDeliveries(deps.db, {
          limit,
          perDestination: deps.perDestination,
          allowances: allowances(),
          leaseSeconds: deps.leaseSeconds,
        });
        claimed.forEach(start);
        if (claimed.length === 0) return;
      }
    },
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
