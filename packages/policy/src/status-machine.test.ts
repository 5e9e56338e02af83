import { SESSION_STATUSES } from '@regard/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Actor, canTransition, pathTo, TRANSITIONS } from './index.ts';

const ACTORS: Actor[] = ['entry', 'verdict', 'step_up', 'clock', 'review'];

/** The contract's own table, written down a second time, and the two rows we add to it. */
const CONTRACT: Record<string, string[]> = {
  'Not Started': ['In Progress', 'Expired'],
  'In Progress': ['Approved', 'Declined', 'In Review', 'Abandoned'],
  'In Review': ['Approved', 'Declined', 'Resubmitted'],
  Declined: ['Resubmitted', 'Approved'],
  Resubmitted: ['Approved', 'Declined', 'In Review'],
  Approved: ['Kyc Expired', 'Declined', 'Resubmitted'],
  Abandoned: ['Approved', 'Declined', 'Resubmitted'],
  'Kyc Expired': ['Approved', 'Declined', 'Resubmitted'],
};
const OURS: Record<string, string[]> = {
  'In Progress': ['Not Finished'],
  Resubmitted: ['Abandoned', 'Not Finished'],
};

describe('status machine', () => {
  it('allows exactly the table of the contract and our documented additions', () => {
    for (const from of SESSION_STATUSES) {
      for (const to of SESSION_STATUSES) {
        const expected =
          (CONTRACT[from]?.includes(to) ?? false) || (OURS[from]?.includes(to) ?? false);
        const allowed = ACTORS.some((by) => canTransition(from, to, by));
        expect(`${from} to ${to}: ${allowed}`).toBe(`${from} to ${to}: ${expected}`);
      }
    }
  });

  it('names each change once', () => {
    const rows = TRANSITIONS.map(({ from, to }) => `${from} to ${to}`);
    expect(new Set(rows).size).toBe(rows.length);
  });

  it('only ever proposes paths whose every step is legal and that end where they should', () => {
    const status = fc.constantFrom(...SESSION_STATUSES);
    fc.assert(
      fc.property(status, status, fc.constantFrom(...ACTORS), (from, to, by) => {
        const path = pathTo(from, to, by);
        if (path === null) return;
        expect(path.at(-1)).toBe(to);
        path.forEach((step, index) => {
          expect(canTransition(path[index - 1] ?? from, step, by)).toBe(true);
        });
      }),
    );
  });

  it('implies the opening that a lost event did not report', () => {
    expect(pathTo('Not Started', 'Approved', 'verdict')).toEqual(['In Progress', 'Approved']);
    expect(pathTo('Not Started', 'Approved', 'entry')).toEqual(['In Progress', 'Approved']);
    expect(pathTo('Resubmitted', 'Approved', 'verdict')).toEqual(['Approved']);
  });

  it('sends a doubtful session back through In Review', () => {
    const back = ['In Review', 'Resubmitted'];
    expect(pathTo('In Progress', 'Resubmitted', 'step_up')).toEqual(back);
    expect(pathTo('Not Started', 'Resubmitted', 'step_up')).toEqual(['In Progress', ...back]);
  });

  it('never lets a verdict or the clock reopen what is decided', () => {
    for (const from of ['Approved', 'Declined', 'Expired', 'Abandoned'] as const) {
      for (const to of [
        'Approved',
        'Declined',
        'In Review',
        'In Progress',
        'Resubmitted',
      ] as const) {
        expect(pathTo(from, to, 'verdict')).toBeNull();
        expect(pathTo(from, to, 'clock')).toBeNull();
      }
    }
    expect(pathTo('In Progress', 'Expired', 'clock')).toBeNull();
  });
});
