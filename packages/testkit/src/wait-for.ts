import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  timeoutMs?: number;
  intervalMs?: number;
  /** What is waited for, as the end of "Waited 5000 ms for …". */
  what: string;
}

/**
 * Calls `fn` again and again until it gives something truthy, and returns that. What it throws
 * counts as "not yet" and is the cause of the error when the time is over.
 */
export async function waitFor<Value>(
  fn: () => Value | Promise<Value>,
  { timeoutMs = 5000, intervalMs = 20, what }: WaitOptions,
): Promise<Exclude<Awaited<Value>, false | null | undefined | 0 | ''>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await fn();
      if (value) return value as Exclude<Awaited<Value>, false | null | undefined | 0 | ''>;
    } catch (error) {
      cause = error;
    }
    if (Date.now() >= deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}`, { cause });
    await sleep(intervalMs);
  }
}
