/**
 * Session statuses, exact case, as they travel on the wire (docs/api/contract.md, "Statuses").
 * `Awaiting User` belongs to business sessions, which this product does not open.
 */
export const SESSION_STATUSES = [
  'Not Started',
  'In Progress',
  'Approved',
  'Declined',
  'In Review',
  'Resubmitted',
  'Expired',
  'Abandoned',
  'Kyc Expired',
  'Not Finished',
] as const;

export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** Status of one feature (liveness, face match) inside a decision. */
export const FEATURE_STATUSES = ['Not Finished', 'Approved', 'Declined', 'In Review'] as const;

export type FeatureStatus = (typeof FEATURE_STATUSES)[number];

/** How the person is asked to prove presence. `SKIP` never reaches a provider. */
export const SELFIE_METHODS = ['PASSIVE', 'FLASHING', 'ACTIVE_3D'] as const;

export type SelfieMethod = (typeof SELFIE_METHODS)[number];

/** A session in one of these still waits for the person and may be handed out again. */
export const UNFINISHED_STATUSES = ['Not Started', 'In Progress', 'Resubmitted'] as const;

/** Webhooks of these statuses carry the `decision` object. */
export const DECISION_STATUSES = ['Approved', 'Declined', 'In Review', 'Abandoned'] as const;

export function isUnfinished(status: SessionStatus): boolean {
  return (UNFINISHED_STATUSES as readonly string[]).includes(status);
}

export function carriesDecision(status: SessionStatus): boolean {
  return (DECISION_STATUSES as readonly string[]).includes(status);
}
