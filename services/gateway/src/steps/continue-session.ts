import { isUnfinished } from '@regard/contract';
import { attachNextStep, findSession, findWorkflowVersion, type Session } from '@regard/store';
import type { GatewayContext } from '../context.ts';
import { approvalCode } from './approval-code.ts';
import { openProviderStep } from './provider-step.ts';

/** Longest wait for a decision before the person sees a page that says it takes a little longer. */
const WAIT_MS = 10_000;

export type Continuation =
  /** On to the provider, or back to the app. */
  | { kind: 'redirect'; url: string }
  /** The selfie is in, the decision is not there yet. */
  | { kind: 'wait' }
  /** Finished, and the app gave no callback. */
  | { kind: 'finished'; status: Session['status'] };

/**
 * Where a person's browser goes next: to the step that is open, or, once there is a decision, back
 * to the app's callback with the status and, when approved, the code.
 *
 * @param returnedFrom the provider session the browser says it comes back from, if any
 */
export async function continueSession(
  context: GatewayContext,
  session: Session,
  returnedFrom: string | null,
): Promise<Continuation> {
  if (!isUnfinished(session.status)) return leave(context, session);
  if (session.provider_session_id === null) return nextStep(context, session);
  if (returnedFrom !== session.provider_session_id) return { kind: 'redirect', url: session.url };
  // Listen first and look again after, so that a decision in between is not missed.
  const outcome = context.outcomes.next(session.id, WAIT_MS);
  const current = await findSession(context.db, session.id);
  if (current !== null && hasMovedOn(session, current))
    return continueSession(context, current, null);
  await outcome;
  const decided = await findSession(context.db, session.id);
  if (decided === null || !hasMovedOn(session, decided)) return { kind: 'wait' };
  return continueSession(context, decided, null);
}

/** `In Progress` may still arrive while we wait; only a decision or a next step is news. */
function hasMovedOn(before: Session, after: Session): boolean {
  return !isUnfinished(after.status) || after.provider_session_id !== before.provider_session_id;
}

/** A session that was sent back has no step yet: it is opened now that the person is here. */
async function nextStep(context: GatewayContext, session: Session): Promise<Continuation> {
  const workflow = await findWorkflowVersion(
    context.db,
    session.workflow_id,
    session.workflow_version,
  );
  if (workflow === null || session.method === 'SKIP') throw new Error('This session has no steps');
  const step = await openProviderStep(context, {
    sessionId: session.id,
    subject: session.user_id,
    config: workflow.config,
    method: session.method,
    purpose: session.purpose,
    callbackMethod: session.callback_method,
    language: session.language,
    address: null,
    portraitImage: null,
  });
  const columns = { provider_session_id: step.id, session_token: step.token, url: step.url };
  const attached =
    (await attachNextStep(context.db, session.id, columns)) ??
    (await findSession(context.db, session.id));
  return attached === null ? { kind: 'wait' } : continueSession(context, attached, null);
}

async function leave(context: GatewayContext, session: Session): Promise<Continuation> {
  if (session.callback === null) return { kind: 'finished', status: session.status };
  const url = new URL(session.callback);
  url.searchParams.set('verificationSessionId', session.id);
  url.searchParams.set('status', session.status);
  const code = await approvalCode(context, session);
  if (code !== null) url.searchParams.set('code', code);
  return { kind: 'redirect', url: url.toString() };
}
