import type { Verdict, WorkflowConfig } from '@regard/contract';
import {
  afterFailure,
  chargeFor,
  type Decision,
  decide,
  isLocked,
  nextUsualScore,
  pathTo,
} from '@regard/policy';
import {
  approvalColumns,
  type DatabaseTransaction,
  findWorkflowVersion,
  lockUser,
  recordApprovedSelfie,
  recordUsage,
  type Session,
  type StoredDecision,
  type TransitionResult,
  transition,
  type User,
  updateUser,
} from '@regard/store';
import type { DecisionContext } from './decision-context.ts';
import { storedDecision, unfinishedDecision } from './stored-decision.ts';

/**
 * Applies what a provider's verdict ends in: our own decision where a selfie was judged, the
 * provider's word where the session just ended (Expired, Abandoned, …).
 */
export async function applyOutcome(
  trx: DatabaseTransaction,
  session: Session,
  verdict: Verdict,
  context: DecisionContext,
): Promise<TransitionResult> {
  const { status, occurredAt } = verdict;
  if (status !== 'Approved' && status !== 'Declined' && status !== 'In Review') {
    const decision = unfinishedDecision(session, status);
    const set = { last_verdict_at: occurredAt, ...decision };
    return transition(trx, session, { to: status, by: 'verdict', now: context.now, set });
  }
  // Checked before anything is counted against the user: a refused change leaves no trace on them.
  if (pathTo(session.status, status, 'verdict') === null) {
    return { ok: false, reason: 'ILLEGAL_TRANSITION' };
  }
  const workflow = await findWorkflowVersion(trx, session.workflow_id, session.workflow_version);
  if (workflow === null) throw new Error('The workflow of a session is gone');
  const user = session.user_id === null ? null : await lockUser(trx, session.user_id);
  const decision = judge(session, verdict, workflow.config, user, context.now);
  return decision.stepUp === null
    ? close(trx, session, verdict, workflow.config, user, decision, context)
    : sendBack(trx, session, verdict, workflow.config, decision, context);
}

function judge(
  session: Session,
  verdict: Verdict,
  config: WorkflowConfig,
  user: User | null,
  now: Date,
): Decision {
  const decision = decide({
    verdict,
    config,
    method: session.method === 'SKIP' ? 'PASSIVE' : session.method,
    purpose: session.purpose,
    stepUpUsed: session.step_up_used,
    usualMatchScore: user?.usual_match_score ?? null,
  });
  // Sessions that were opened before the lock must not be tries beyond it.
  if (session.purpose === 'sign_in' && user !== null && isLocked(user.locked_until, now)) {
    const locked = { feature: 'session', status: 'Declined', reason: 'SELFIE_LOCKED' } as const;
    return {
      ...decision,
      status: 'Declined',
      stepUp: null,
      findings: [locked, ...decision.findings],
    };
  }
  return decision;
}

/** The decision stands: the session ends, and what it teaches about the user is kept. */
async function close(
  trx: DatabaseTransaction,
  session: Session,
  verdict: Verdict,
  config: WorkflowConfig,
  user: User | null,
  decision: Decision,
  { now }: DecisionContext,
): Promise<TransitionResult> {
  const lockout = await countFailure(trx, session, config, user, decision, now);
  const approved = decision.status === 'Approved';
  const result = await transition(trx, session, {
    to: decision.status,
    by: 'verdict',
    now,
    ...(decision.findings[0] && { reason: decision.findings[0].reason }),
    set: {
      decision: JSON.stringify(storedDecision(verdict, decision, session, lockout)),
      last_verdict_at: verdict.occurredAt,
      selfie_at: now,
      ...(approved && session.purpose === 'sign_in' && approvalColumns(now, now)),
    },
  });
  if (!result.ok) return result;
  const charge = chargeFor({ ...result.session, features: config.features });
  if (charge !== null) await recordUsage(trx, result.session, charge, now);
  if (approved) await learnFromApproval(trx, result.session, verdict, user);
  return result;
}

/** Doubtful, and a stronger look could settle it: the same session goes on with another method. */
function sendBack(
  trx: DatabaseTransaction,
  session: Session,
  verdict: Verdict,
  config: WorkflowConfig,
  decision: Decision,
  { now, linkOf }: DecisionContext,
): Promise<TransitionResult> {
  return transition(trx, session, {
    to: 'Resubmitted',
    by: 'step_up',
    now,
    reason: decision.findings[0]?.reason ?? 'STEP_UP',
    set: {
      decision: JSON.stringify(storedDecision(verdict, decision, session, null)),
      last_verdict_at: verdict.occurredAt,
      selfie_at: now,
      method: decision.stepUp ?? session.method,
      step_up_used: true,
      // The step that was judged is over; the gateway opens the next one when the person comes.
      provider_session_id: null,
      url: linkOf(session.id),
      deadline: new Date(now.getTime() + config.session_completion_time * 1000),
    },
  });
}

async function learnFromApproval(
  trx: DatabaseTransaction,
  session: Session,
  verdict: Verdict,
  user: User | null,
): Promise<void> {
  await recordApprovedSelfie(trx, session);
  if (user === null) return;
  const score = verdict.face?.score ?? null;
  if (session.purpose === 'enrolment') await updateUser(trx, user.id, { usual_match_score: null });
  else if (score !== null) {
    const usual = nextUsualScore(user.usual_match_score, score);
    await updateUser(trx, user.id, { usual_match_score: usual });
  }
}

async function countFailure(
  trx: DatabaseTransaction,
  session: Session,
  config: WorkflowConfig,
  user: User | null,
  decision: Decision,
  now: Date,
): Promise<StoredDecision['lockout']> {
  const fallback = { ...config.lockout.fallback };
  if (decision.status !== 'Declined' || session.purpose !== 'sign_in' || user === null) return null;
  if (user.locked_until !== null && isLocked(user.locked_until, now)) {
    return { lockedUntil: user.locked_until.toISOString(), fallback };
  }
  const { failures, lockedUntil } = afterFailure(user.recent_failures, now, config.lockout);
  await updateUser(trx, user.id, { recent_failures: failures, locked_until: lockedUntil });
  return lockedUntil === null ? null : { lockedUntil: lockedUntil.toISOString(), fallback };
}
