import type { WorkflowConfig } from '@regard/contract';

export interface FailureRecord {
  /** Moments of the user's failed sessions that may still count, oldest first. */
  failures: Date[];
  /** Until when the selfie is locked; null when it is not. */
  lockedUntil: Date | null;
}

/**
 * Counts a failed session. As many failures as the workflow allows, within its window, lock the
 * selfie; an Approved one in between does not clear them, or an impostor who tries beside the real
 * person would never be locked out.
 */
export function afterFailure(
  failures: readonly Date[],
  now: Date,
  rule: WorkflowConfig['lockout'],
): FailureRecord {
  const since = now.getTime() - rule.window_seconds * 1000;
  const counted = [...failures.filter((at) => at.getTime() > since), now].slice(-rule.failures);
  if (counted.length < rule.failures) return { failures: counted, lockedUntil: null };
  return { failures: [], lockedUntil: new Date(now.getTime() + rule.lock_seconds * 1000) };
}

export function isLocked(lockedUntil: Date | null, now: Date): boolean {
  return lockedUntil !== null && lockedUntil.getTime() > now.getTime();
}
