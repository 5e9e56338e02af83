import type { SelfieMethod, WorkflowConfig } from '@regard/contract';

/** Where the request comes from, as far as the lists of exits tell. */
export type Network = 'ordinary' | 'tor' | 'vpn';

/** What is known of the person's device and address when a session is opened. */
export interface EntryFacts {
  purpose: 'sign_in' | 'enrolment';
  hasDevice: boolean;
  hasAddress: boolean;
  /** Seen on an Approved selfie of the same user within `known_for_days`. */
  deviceKnown: boolean;
  addressKnown: boolean;
  network: Network;
  /** Whole and part days since the user's last Approved selfie; null when there was none. */
  daysSinceSelfie: number | null;
}

export interface EntryDecision {
  method: SelfieMethod | 'SKIP';
  reason: string;
}

interface EntryCheck {
  reason: string;
  method: SelfieMethod | 'SKIP';
  applies: (facts: EntryFacts, rule: WorkflowConfig['entry']) => boolean;
}

/** In order; the first that applies decides. The last one always does. */
export const ENTRY_CHECKS: readonly EntryCheck[] = [
  { reason: 'ENROLMENT', method: 'PASSIVE', applies: ({ purpose }) => purpose === 'enrolment' },
  {
    reason: 'CONTEXT_MISSING',
    method: 'PASSIVE',
    applies: ({ hasDevice, hasAddress }) => !hasDevice || !hasAddress,
  },
  {
    reason: 'NEW_DEVICE_ON_ANONYMISING_NETWORK',
    method: 'ACTIVE_3D',
    applies: ({ deviceKnown, network }) => !deviceKnown && network !== 'ordinary',
  },
  {
    reason: 'ANONYMISING_NETWORK',
    method: 'PASSIVE',
    applies: ({ network }) => network !== 'ordinary',
  },
  { reason: 'NEW_DEVICE', method: 'PASSIVE', applies: ({ deviceKnown }) => !deviceKnown },
  { reason: 'NEW_ADDRESS', method: 'PASSIVE', applies: ({ addressKnown }) => !addressKnown },
  { reason: 'SKIP_OFF', method: 'PASSIVE', applies: (_facts, rule) => !rule.skip_allowed },
  {
    reason: 'SELFIE_TOO_OLD',
    method: 'PASSIVE',
    applies: ({ daysSinceSelfie }, rule) =>
      daysSinceSelfie === null || daysSinceSelfie > rule.skip_within_days,
  },
  { reason: 'KNOWN_DEVICE_AND_ADDRESS', method: 'SKIP', applies: () => true },
];

/** Decides how the person proves presence, or that they need not. */
export function decideEntry(facts: EntryFacts, rule: WorkflowConfig['entry']): EntryDecision {
  for (const { applies, method, reason } of ENTRY_CHECKS) {
    if (applies(facts, rule)) return { method, reason };
  }
  throw new Error('The last entry check applies to everything');
}

const STRENGTH: Record<SelfieMethod | 'SKIP', number> = {
  SKIP: 0,
  PASSIVE: 1,
  FLASHING: 2,
  ACTIVE_3D: 3,
};

/** Whether a session opened with one method must be opened anew because more is asked for now. */
export function isStronger(asked: SelfieMethod | 'SKIP', than: SelfieMethod | 'SKIP'): boolean {
  return STRENGTH[asked] > STRENGTH[than];
}
