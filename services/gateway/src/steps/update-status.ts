import {
  RegardError,
  type SessionStatus,
  type UpdateStatusBody,
  updateStatusSchema,
} from '@regard/contract';
import {
  approvalColumns,
  type DatabaseTransaction,
  findWorkflowVersion,
  forgetApprovedSelfie,
  lockSession,
  recordApprovedSelfie,
  type Session,
  transition,
} from '@regard/store';
import type { GatewayContext } from '../context.ts';

/** Statuses a session can be moved from by hand. */
const CHANGEABLE: readonly SessionStatus[] = [
  'Approved',
  'Declined',
  'In Review',
  'Kyc Expired',
  'Abandoned',
  'Resubmitted',
];

/** Who made a change that came with an API key. */
const API_ACTOR = 'API Client';

/**
 * Changes a session's status by hand (docs/api/contract.md, "Manual review"). The session's status is
 * judged before the body is, as the contract asks. Setting Approved or Declined again is a no-op.
 *
 * @param rawBody the body as it came, not yet validated
 * @returns null when the session does not exist in this application
 */
export function updateStatus(
  { db, linkOf, now }: GatewayContext,
  applicationId: string,
  sessionId: string,
  rawBody: unknown,
): Promise<Session | null> {
  return db.transaction().execute(async (trx) => {
    const session = await lockSession(trx, sessionId);
    if (session?.application_id !== applicationId) return null;
    if (!CHANGEABLE.includes(session.status)) throw new RegardError('RGD_STATUS_NOT_CHANGEABLE');
    const body = parseBody(rawBody);
    const to = body.new_status;
    if (to === session.status && to !== 'Resubmitted') return session;
    if (to === 'Resubmitted') refuseEmptyResubmission(session, body);
    const moment = now();
    const result = await transition(trx, session, {
      to,
      by: 'review',
      now: moment,
      actor: API_ACTOR,
      reason: 'REVIEW',
      ...(body.comment !== undefined && { comment: body.comment }),
      set: await columnsFor(trx, session, to, moment, linkOf),
    });
    if (!result.ok) throw new RegardError('RGD_ILLEGAL_TRANSITION');
    if (to === 'Approved') await recordApprovedSelfie(trx, result.session);
    else if (session.status === 'Approved') await forgetApprovedSelfie(trx, session);
    return result.session;
  });
}

async function columnsFor(
  trx: DatabaseTransaction,
  session: Session,
  to: SessionStatus,
  now: Date,
  linkOf: GatewayContext['linkOf'],
) {
  if (to === 'Approved') return approvalOfSelfie(session, now);
  if (to === 'Declined') return { approval_id: null };
  const workflow = await findWorkflowVersion(trx, session.workflow_id, session.workflow_version);
  const life = (workflow?.config.session_expiration_time ?? 0) * 1000;
  // The link leads through the gateway, which opens the step when the person comes.
  return {
    approval_id: null,
    provider_session_id: null,
    url: linkOf(session.id),
    deadline: new Date(now.getTime() + life),
  };
}

/** Without a selfie there is nothing an approval could say of how the person proved themselves. */
function approvalOfSelfie(session: Session, now: Date) {
  if (session.selfie_at === null || session.purpose !== 'sign_in') return { approval_id: null };
  return approvalColumns(now, session.selfie_at);
}

function parseBody(rawBody: unknown): UpdateStatusBody {
  const parsed = updateStatusSchema.safeParse(rawBody);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => [
      path.join('.') || 'body',
      [message],
    ]);
    throw new RegardError('RGD_INVALID_REQUEST', { fields: Object.fromEntries(faults) });
  }
  if (parsed.data.send_email) {
    const sentence = 'This deployment sends no mail; send the session url yourself.';
    throw new RegardError('RGD_INVALID_REQUEST', { fields: { send_email: [sentence] } });
  }
  return parsed.data;
}

/** Without a list of steps, those that were tried and did not pass are taken again; there must be one. */
function refuseEmptyResubmission(session: Session, body: UpdateStatusBody): void {
  if (session.method === 'SKIP') throw new RegardError('RGD_SKIPPED_WITHOUT_SELFIE');
  if (session.status === 'Resubmitted') throw new RegardError('RGD_ILLEGAL_TRANSITION');
  if ((body.nodes_to_resubmit ?? []).length > 0 || session.status === 'Abandoned') return;
  const checks = [
    ...(session.decision?.livenessChecks ?? []),
    ...(session.decision?.faceMatches ?? []),
  ];
  if (!checks.some((check) => check.status !== 'Approved')) {
    throw new RegardError('RGD_NOTHING_TO_RESUBMIT');
  }
}
