/** This many attempts in a row without an answer open the breaker. */
const THRESHOLD = 5;

export interface Breaker {
  /** Notes an attempt. Returns true when the destination has just gone, or is still, without answer. */
  record: (destinationId: string, answered: boolean) => boolean;
  /** Destinations that are probed one delivery at a time. */
  open: () => string[];
}

/**
 * Knows the destinations that do not answer, so that they hold one connection for a probe instead
 * of all they may have. It lives in memory: after a restart they are found out again.
 */
export function createBreaker(threshold = THRESHOLD): Breaker {
  const silent = new Map<string, number>();
  const isOpen = (id: string) => (silent.get(id) ?? 0) >= threshold;
  return {
    record: (id, answered) => {
      if (answered) silent.delete(id);
      else silent.set(id, (silent.get(id) ?? 0) + 1);
      return isOpen(id);
    },
    open: () => [...silent.keys()].filter(isOpen),
  };
}
