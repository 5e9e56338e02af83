/** Pauses in seconds between the ten attempts: 5 s to 24 h, a little over three days in all. */
export const DEFAULT_RETRY_SECONDS = [
  5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400,
] as const;

/** A destination cannot put us off for longer than a day. */
export const MAX_RETRY_AFTER_SECONDS = 86_400;

/** Destinations that came back together must not be hit together. */
const JITTER = 0.1;

/**
 * The pause before the next attempt in seconds, or null when there is none.
 *
 * @param attempt number of the attempt that failed, from 1
 * @param random uniform in [0, 1)
 * @param retryAfterSeconds what the destination asked for; the pause is never shorter
 */
export function retryDelaySeconds(
  schedule: readonly number[],
  attempt: number,
  random: () => number,
  retryAfterSeconds = 0,
): number | null {
  const planned = schedule[attempt - 1];
  if (planned === undefined) return null;
  const asked = Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS);
  return Math.max(planned * (1 - JITTER + 2 * JITTER * random()), asked);
}

/**
 * Reads a `Retry-After` header: whole seconds, or a date.
 *
 * @param nowMs unix milliseconds
 * @returns seconds, at most a day; 0 when there is nothing usable
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number {
  const text = header?.trim() ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - nowMs) / 1000;
  if (Number.isNaN(seconds)) return 0;
  return Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_SECONDS);
}
