import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DEFAULT_RETRY_SECONDS,
  MAX_RETRY_AFTER_SECONDS,
  parseRetryAfter,
  retryDelaySeconds,
} from '../src/retry-schedule.ts';
import { judgeAttempt } from '../src/steps/judge-attempt.ts';

const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the default makes ten attempts within 75 h 35 min 5 s', () => {
  expect(DEFAULT_RETRY_SECONDS).toHaveLength(9);
  const total = DEFAULT_RETRY_SECONDS.reduce((sum, seconds) => sum + seconds, 0);
  expect(total).toBe(75 * 3600 + 35 * 60 + 5);
});

test('a pause is the planned one give or take 10 %, and none after the last attempt', () => {
  const schedule = fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(schedule, fc.integer({ min: 1, max: 25 }), uniform, (planned, attempt, random) => {
      const pause = retryDelaySeconds(planned, attempt, () => random);
      const middle = planned[attempt - 1];
      if (middle === undefined) return pause === null;
      return pause !== null && pause >= middle * 0.9 && pause <= middle * 1.1;
    }),
  );
  expect(retryDelaySeconds([100], 1, () => 0)).toBeCloseTo(90);
  expect(retryDelaySeconds([100], 1, () => 0.999_999)).toBeCloseTo(110, 2);
});

test('a pause is never shorter than Retry-After, up to a day', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), uniform, (asked, random) => {
      const pause = retryDelaySeconds([5], 1, () => random, asked) ?? -1;
      return pause >= Math.min(asked, MAX_RETRY_AFTER_SECONDS) && pause <= 86_400;
    }),
  );
});

test.each([
  ['120', 120],
  ['0', 0],
  ['9999999', 86_400],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['Fri, 01 Jan 2027 00:00:00 GMT', 86_400],
  ['soon', 0],
  ['', 0],
  [undefined, 0],
])('Retry-After %s is %d seconds', (header, expected) => {
  expect(parseRetryAfter(header, Date.parse('2026-01-01T00:00:00Z'))).toBe(expected);
});

const rules = { retrySeconds: [10], random: () => 0.5, nowMs: 0 };

test.each([
  [200, 'delivered', 0],
  [204, 'delivered', 0],
  [301, 'retry', 0],
  [400, 'retry', 0],
  [401, 'retry', 0],
  [410, 'gone', 0],
  [429, 'retry', 60],
  [500, 'retry', 0],
  [502, 'retry', 60],
  [503, 'retry', 60],
  [504, 'retry', 60],
])('an answer %d means %s and holds the destination for %d s', (status, outcome, holdSeconds) => {
  const judgement = judgeAttempt({ ok: true, status, retryAfter: '60' }, 1, rules);
  expect(judgement.outcome).toBe(outcome);
  if (judgement.outcome === 'retry') {
    expect(judgement).toEqual({ outcome, delaySeconds: Math.max(10, holdSeconds), holdSeconds });
  }
});

test('no answer is retried, and failed after the last attempt', () => {
  const silence = { ok: false, error: 'TIMEOUT' } as const;
  expect(judgeAttempt(silence, 1, rules)).toMatchObject({ outcome: 'retry', delaySeconds: 10 });
  expect(judgeAttempt(silence, 2, rules)).toEqual({ outcome: 'failed' });
});
