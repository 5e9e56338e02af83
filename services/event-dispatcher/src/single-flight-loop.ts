import type { Logger } from '@regard/service-kit';

export interface SingleFlightLoop {
  /** Runs the work now, or once more after the run that is under way. */
  wake: () => void;
  /** Starts no more runs and waits for the one under way. */
  close: () => Promise<void>;
}

/**
 * Work that runs whenever it is woken and never beside itself: wakes during a run become one more
 * run after it, so nothing that was there at the time of a wake is missed. A run that fails is
 * logged; the next wake tries again.
 */
export function createSingleFlightLoop(
  name: string,
  run: () => Promise<void>,
  logger: Logger,
): SingleFlightLoop {
  let wanted = false;
  let closed = false;
  let current: Promise<void> | null = null;

  const drain = async () => {
    while (wanted && !closed) {
      wanted = false;
      try {
        await run();
      } catch (error) {
        const { code, message } = error as Error & { code?: string };
        logger.warn({ loop: name, kind: code ?? message }, 'loop.failed');
      }
    }
    current = null;
  };
  return {
    wake: () => {
      if (closed) return;
      wanted = true;
      current ??= drain();
    },
    close: async () => {
      closed = true;
      await current;
    },
  };
}
