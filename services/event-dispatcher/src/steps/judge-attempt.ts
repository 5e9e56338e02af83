import { parseRetryAfter, retryDelaySeconds } from '../retry-schedule.ts';
import type { PostResult } from '../safe-http.ts';

/** What an attempt means for its delivery and its destination. */
export type Judgement =
  | { outcome: 'delivered' }
  /** 410: the destination wants no more. */
  | { outcome: 'gone' }
  /** Tried again after the pause; `holdSeconds` > 0 puts off the whole destination as well. */
  | { outcome: 'retry'; delaySeconds: number; holdSeconds: number }
  /** The last attempt failed. */
  | { outcome: 'failed' };

export interface JudgeRules {
  retrySeconds: readonly number[];
  random: () => number;
  /** Unix milliseconds. */
  nowMs: number;
}

/** Answers by which a destination says that it has too much to do. */
const THROTTLING = new Set([429, 502, 503, 504]);

/**
 * Decides by the answer alone: 2xx is success, 410 the end of the destination, everything else,
 * redirects included, is tried again by the schedule. `Retry-After` counts on throttling answers.
 *
 * @param attempt number of the attempt, from 1
 */
export function judgeAttempt(
  result: PostResult | { ok: false },
  attempt: number,
  rules: JudgeRules,
): Judgement {
  if (result.ok && result.status >= 200 && result.status < 300) return { outcome: 'delivered' };
  if (result.ok && result.status === 410) return { outcome: 'gone' };
  const holdSeconds =
    result.ok && THROTTLING.has(result.status)
      ? parseRetryAfter(result.retryAfter, rules.nowMs)
      : 0;
  const delaySeconds = retryDelaySeconds(rules.retrySeconds, attempt, rules.random, holdSeconds);
  if (delaySeconds === null) return { outcome: 'failed' };
  return { outcome: 'retry', delaySeconds, holdSeconds };
}
