import { SELFIE_METHODS, SESSION_STATUSES, workflowConfigSchema } from '@regard/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterFailure, chargeFor, isLocked, nextUsualScore } from './index.ts';

const rule = workflowConfigSchema.parse({
  provider_workflows: {
    PASSIVE: '5e1f1e00-0000-4000-8000-000000000001',
    ACTIVE_3D: '5e1f1e00-0000-4000-8000-000000000002',
  },
}).lockout;

function failAt(minutes: readonly number[]): Date | null {
  let failures: Date[] = [];
  let lockedUntil: Date | null = null;
  for (const minute of minutes) {
    ({ failures, lockedUntil } = afterFailure(failures, new Date(minute * 60_000), rule));
  }
  return lockedUntil;
}

describe('lockout', () => {
  it('locks at the fifth failure within an hour, for an hour', () => {
    expect(failAt([0, 10, 20, 30])).toBeNull();
    expect(failAt([0, 10, 20, 30, 59])).toEqual(new Date((59 + 60) * 60_000));
    expect(failAt([0, 10, 20, 30, 61])).toBeNull();
  });

  it('starts to count anew after a lock', () => {
    expect(failAt([0, 1, 2, 3, 4, 70])).toBeNull();
  });

  it('locks exactly when five failures lie within one window', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(gaps, (steps) => {
        let minute = 0;
        let window: number[] = [];
        let failures: Date[] = [];
        for (const step of steps) {
          minute += step;
          window = [...window.filter((at) => at > minute - 60), minute];
          const result = afterFailure(failures, new Date(minute * 60_000), rule);
          expect(result.lockedUntil !== null).toBe(window.length >= 5);
          failures = result.failures;
          if (result.lockedUntil !== null) window = [];
        }
      }),
    );
  });

  it('ends at its moment', () => {
    const until = new Date(1000);
    expect(isLocked(until, new Date(999))).toBe(true);
    expect(isLocked(until, until)).toBe(false);
    expect(isLocked(null, until)).toBe(false);
  });
});

describe('price', () => {
  const features = ['LIVENESS', 'FACE_MATCH'] as ('LIVENESS' | 'FACE_MATCH')[];

  it.each([
    ['PASSIVE', features, '0.1000'],
    ['PASSIVE', ['LIVENESS'], '0.0500'],
    ['ACTIVE_3D', features, '0.2000'],
    ['SKIP', features, '0.0000'],
  ] as const)('%s with %s costs %s', (method, active, amount) => {
    const session = {
      status: 'Approved',
      method,
      purpose: 'sign_in',
      features: [...active],
    } as const;
    expect(chargeFor(session)?.amount).toBe(amount);
  });

  it('is asked for decisions only, and never negative', () => {
    const status = fc.constantFrom(...SESSION_STATUSES);
    const method = fc.constantFrom('SKIP' as const, ...SELFIE_METHODS);
    fc.assert(
      fc.property(status, method, (given, used) => {
        const charge = chargeFor({ status: given, method: used, purpose: 'sign_in', features });
        const decided = ['Approved', 'Declined', 'In Review'].includes(given);
        expect(charge !== null).toBe(decided);
        expect(charge?.amount ?? '0.0000').toMatch(/^\d+\.\d{4}$/);
      }),
    );
  });

  it('is nothing for an enrolment', () => {
    const session = {
      status: 'Approved',
      method: 'PASSIVE',
      purpose: 'enrolment',
      features,
    } as const;
    expect(chargeFor(session)).toEqual({ item: 'enrolment', amount: '0.0000' });
  });
});

describe('usual match score', () => {
  it('stays within the scores it was made of', () => {
    const scores = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(scores, (list) => {
        const usual = list.reduce<number | null>(nextUsualScore, null) as number;
        expect(usual).toBeGreaterThanOrEqual(Math.min(...list) - 1e-9);
        expect(usual).toBeLessThanOrEqual(Math.max(...list) + 1e-9);
      }),
    );
  });
});
