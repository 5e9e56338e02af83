import { randomUUID } from 'node:crypto';
import { type Approval, ASSURANCE_LEVELS } from '@regard/contract';
import type { DatabaseTransaction, Session } from './schema.ts';
import { forgetContexts, rememberContexts, updateUser } from './users.ts';

/** The columns that make a session's approval redeemable; they change with its status. */
export function approvalColumns(now: Date, authenticatedAt: Date) {
  return { approval_id: randomUUID(), approved_at: now, authenticated_at: authenticatedAt };
}

/**
 * What an Approved sign-in selfie leaves behind: its device and address count as known, and a later
 * sign-in may rest on it. An enrolment leaves nothing, the app vouched for that one; neither does an
 * approval without a selfie, by hand or by skip.
 */
export async function recordApprovedSelfie(
  trx: DatabaseTransaction,
  session: Session,
): Promise<void> {
  const { user_id: userId, selfie_at: selfieAt, purpose } = session;
  if (userId === null || selfieAt === null || purpose !== 'sign_in') return;
  const hashes = { device: session.device_hash, address: session.address_hash };
  await rememberContexts(trx, userId, hashes, selfieAt);
  await updateUser(trx, userId, { last_selfie_at: selfieAt });
}

/** An approval that is taken back by hand takes what it taught with it: the next sign-in is seen. */
export async function forgetApprovedSelfie(
  trx: DatabaseTransaction,
  session: Session,
): Promise<void> {
  if (session.user_id === null || session.purpose !== 'sign_in') return;
  const hashes = { device: session.device_hash, address: session.address_hash };
  await forgetContexts(trx, session.user_id, hashes);
  await updateUser(trx, session.user_id, { last_selfie_at: null });
}

/** The approval of a session, or null when it has none to give. */
export function approvalOf(session: Session): Approval | null {
  const { approval_id: id, approved_at: approvedAt, authenticated_at: authenticatedAt } = session;
  if (session.status !== 'Approved' || session.purpose !== 'sign_in') return null;
  if (id === null || approvedAt === null || authenticatedAt === null) return null;
  return {
    id,
    sessionId: session.id,
    applicationId: session.application_id,
    subject: session.vendor_data ?? session.id,
    approvedAt: unixSeconds(approvedAt),
    authenticatedAt: unixSeconds(authenticatedAt),
    ...proofOf(session.method),
  };
}

/** What really happened, never more: a skip rests on risk rules (RFC 8176 `rba`), not on a face. */
function proofOf(method: Session['method']): Pick<Approval, 'acr' | 'amr'> {
  if (method === 'SKIP') return { acr: ASSURANCE_LEVELS.skip, amr: ['rba'] };
  const acr = method === 'PASSIVE' ? ASSURANCE_LEVELS.passive : ASSURANCE_LEVELS.active;
  return { acr, amr: ['face'] };
}

function unixSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}
