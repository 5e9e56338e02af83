import { APPROVAL_LIFETIME_SECONDS } from '@regard/contract';
import { approvalOf, type Session } from '@regard/store';
import type { GatewayContext } from '../context.ts';

/**
 * The approval assertion of a session as the `code` an app redeems, or null when there is none: not
 * approved, an enrolment, or more than 60 s ago. It is signed from the stored decision, so asking
 * twice gives the same approval with the same end.
 */
export async function approvalCode(
  { signApproval, now }: Pick<GatewayContext, 'signApproval' | 'now'>,
  session: Session,
): Promise<string | null> {
  const approval = approvalOf(session);
  if (approval === null) return null;
  const ageSeconds = now().getTime() / 1000 - approval.approvedAt;
  return ageSeconds < APPROVAL_LIFETIME_SECONDS ? signApproval(approval) : null;
}
