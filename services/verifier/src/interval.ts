import type { Logger } from '@regard/service-kit';

export interface Interval {
  /** Starts no more runs and waits for the one under way. */
  close: () => Promise<void>;
}

/** Runs work again and again with a pause after each run; what fails is logged and tried again. */
export function startInterval(
  name: string,
  pauseMs: number,
  run: () => Promise<void>,
  logger: Logger,
): Interval {
  let closed = false;
  let timer: NodeJS.Timeout;
  let current = Promise.resolve();
  const plan = () => {
    timer = setTimeout(() => {
      current = run()
        .catch((error: Error & { code?: string }) => {
          logger.warn({ interval: name, kind: error.code ?? error.message }, 'interval.failed');
        })
        .then(() => {
          if (!closed) plan();
        });
    }, pauseMs);
  };
  plan();
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await current;
    },
  };
}
