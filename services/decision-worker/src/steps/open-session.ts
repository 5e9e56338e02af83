import type { Verdict } from '@regard/contract';
import {
  type DatabaseTransaction,
  findWorkflowVersion,
  type Session,
  type TransitionResult,
  transition,
} from '@regard/store';

export type StepResult = TransitionResult | { ok: false; reason: 'NOTHING_NEW' };

/**
 * The person opened the link: from now on the session has the time of a capture, not of a link that
 * waits to be opened.
 */
export async function openedByPerson(
  trx: DatabaseTransaction,
  session: Session,
  verdict: Verdict,
  now: Date,
): Promise<StepResult> {
  if (verdict.status !== 'In Progress' || session.status !== 'Not Started') {
    return { ok: false, reason: 'NOTHING_NEW' };
  }
  const workflow = await findWorkflowVersion(trx, session.workflow_id, session.workflow_version);
  const seconds = workflow?.config.session_completion_time ?? 3600;
  return transition(trx, session, {
    to: 'In Progress',
    by: 'verdict',
    now,
    set: {
      deadline: new Date(now.getTime() + seconds * 1000),
      last_verdict_at: verdict.occurredAt,
    },
  });
}
