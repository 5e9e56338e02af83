import type { SelfieMethod, SessionStatus, WorkflowConfig } from '@regard/contract';

/** Ten-thousandths of a dollar, so that sums are exact. */
const PRICES = { passive: 500, active: 1500, faceMatch: 500 } as const;

export interface Charge {
  item: 'biometric_authentication' | 'active_authentication' | 'enrolment' | 'skip';
  /** US dollars as a decimal text with four places. */
  amount: string;
}

/**
 * What a decided session costs. Only a capture that led to a decision is charged, once, by the
 * strongest method that was used; skips and enrolments are metered at zero.
 */
export function chargeFor(session: {
  status: SessionStatus;
  method: SelfieMethod | 'SKIP';
  purpose: 'sign_in' | 'enrolment';
  features: readonly WorkflowConfig['features'][number][];
}): Charge | null {
  const { status, method, purpose, features } = session;
  if (status !== 'Approved' && status !== 'Declined' && status !== 'In Review') return null;
  if (method === 'SKIP') return { item: 'skip', amount: dollars(0) };
  if (purpose === 'enrolment') return { item: 'enrolment', amount: dollars(0) };
  const faceMatch = features.includes('FACE_MATCH') ? PRICES.faceMatch : 0;
  if (method === 'PASSIVE') {
    return { item: 'biometric_authentication', amount: dollars(PRICES.passive + faceMatch) };
  }
  return { item: 'active_authentication', amount: dollars(PRICES.active + faceMatch) };
}

function dollars(tenThousandths: number): string {
  return (tenThousandths / 10_000).toFixed(4);
}
