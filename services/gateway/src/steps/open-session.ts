import { type CreateSessionBody, RegardError, type SelfieMethod } from '@regard/contract';
import { decideEntry, isLocked, isStronger } from '@regard/policy';
import {
  type Application,
  findOrCreateUser,
  findReusableSession,
  findWorkflow,
  insertSession,
  type NewSession,
  type Session,
  updateUnfinishedSession,
} from '@regard/store';
import { v7 as uuidv7 } from 'uuid';
import type { GatewayContext } from '../context.ts';
import { type Entry, gatherEntry } from './entry-facts.ts';
import { type Opening, replaced, sessionValues } from './opening.ts';
import { openProviderStep } from './provider-step.ts';
import { skipSelfie } from './skip-selfie.ts';

/**
 * Opens a session, or hands out the user's unfinished one again (docs/api/contract.md, "Idempotent
 * reuse"). The provider is asked first and the session stored after, so that a provider that is
 * away leaves nothing behind.
 *
 * @throws RegardError for an unknown workflow, a locked user, a missing portrait, a provider away
 */
export async function openSession(
  context: GatewayContext,
  application: Application,
  body: CreateSessionBody,
): Promise<Session> {
  const opening = await prepare(context, application, body);
  const { decision, user, workflow } = opening;
  if (decision.method === 'SKIP') return skipSelfie(opening);
  refuseLocked(opening);
  if (user === null) return openNew(opening, decision.method);
  const wanted = {
    userId: user.id,
    workflowId: workflow.id,
    workflowVersion: workflow.version,
    purpose: body.purpose,
  };
  const open = await findReusableSession(context.db, wanted, context.now());
  const reused = open === null ? null : await reuse(opening, open, decision.method);
  return reused ?? openNew(opening, decision.method);
}

async function prepare(
  context: GatewayContext,
  application: Application,
  body: CreateSessionBody,
): Promise<Opening> {
  const { db, networkOf, now } = context;
  if (body.workflow_type !== undefined && body.workflow_type !== 'biometric_authentication') {
    throw new RegardError('RGD_WORKFLOW_TYPE_MISMATCH', {
      fields: { workflow_type: ['Must agree with the workflow: biometric_authentication.'] },
    });
  }
  const workflow = await findWorkflow(db, application.id, body.workflow_id);
  if (workflow === null) {
    throw new RegardError('RGD_UNKNOWN_WORKFLOW', {
      fields: { workflow_id: ['No published workflow of this id exists in the application.'] },
    });
  }
  if (body.purpose === 'enrolment' && body.vendor_data === undefined) {
    throw new RegardError('RGD_INVALID_REQUEST', {
      fields: { vendor_data: ['An enrolment needs the user it is for.'] },
    });
  }
  const user =
    body.vendor_data === undefined
      ? null
      : await findOrCreateUser(db, application.id, body.vendor_data);
  const rule = workflow.config.entry;
  const entry = await gatherEntry(db, body, user, rule, networkOf, now());
  const decision = decideEntry(entry.facts, rule);
  return { context, application, workflow, user, body, entry, decision };
}

/** A locked user may still skip on a known device: a stranger's failures must not lock them out. */
function refuseLocked({ user, workflow, body, context }: Opening): void {
  const until = user?.locked_until ?? null;
  if (body.purpose !== 'sign_in' || until === null || !isLocked(until, context.now())) return;
  throw new RegardError('RGD_SELFIE_LOCKED', {
    extra: { locked_until: until.toISOString(), fallback: workflow.config.lockout.fallback },
  });
}

/**
 * The unfinished session again, with the new callback and metadata. When this request calls for more
 * than the session asks, its step is opened anew: reuse must not be a way around the entry rule.
 *
 * @returns null when the session was finished in the meantime
 */
async function reuse(
  opening: Opening,
  open: Session,
  method: SelfieMethod,
): Promise<Session | null> {
  const stronger = isStronger(method, open.method);
  const step = stronger ? await openStep(opening, open.id, method) : null;
  return updateUnfinishedSession(opening.context.db, open.id, {
    ...replaced(opening),
    ...agreedContexts(open, opening.entry),
    ...(step !== null && {
      method,
      entry_reason: opening.decision.reason,
      provider_session_id: step.id,
      session_token: step.token,
      url: step.url,
    }),
  });
}

/**
 * Where two create calls state different devices or addresses, an approval must not make either one
 * known: the second caller may be a stranger who waits for the person to finish.
 */
function agreedContexts(open: Session, entry: Entry) {
  const agreed = (one: Buffer | null, other: Buffer | null) =>
    one !== null && other !== null && one.equals(other) ? one : null;
  return {
    device_hash: agreed(open.device_hash, entry.deviceHash),
    address_hash: agreed(open.address_hash, entry.addressHash),
  };
}

async function openNew(opening: Opening, method: SelfieMethod): Promise<Session> {
  const { context, user, workflow, body } = opening;
  const id = uuidv7();
  const step = await openStep(opening, id, method);
  const life = workflow.config.session_expiration_time * 1000;
  const values: NewSession = {
    ...(await sessionValues(opening, id)),
    status: 'Not Started',
    sequence: 1,
    method,
    provider_session_id: step.id,
    session_token: step.token,
    url: step.url,
    deadline: new Date(context.now().getTime() + life),
  };
  const inserted = await insertSession(context.db, values, ['Not Started']);
  if (inserted.ok) return inserted.session;
  // Two tabs at the same moment: the other request was first, and both get its session.
  const wanted = {
    userId: user?.id ?? '',
    workflowId: workflow.id,
    workflowVersion: workflow.version,
    purpose: body.purpose,
  };
  const first = await findReusableSession(context.db, wanted, context.now());
  const reused = first === null ? null : await reuse(opening, first, method);
  if (reused !== null) return reused;
  throw new RegardError('RGD_UNAVAILABLE', { retryAfterSeconds: 1 });
}

function openStep(
  { context, workflow, user, body, entry }: Opening,
  id: string,
  method: SelfieMethod,
) {
  const matchesFaces = workflow.config.features.includes('FACE_MATCH');
  return openProviderStep(context, {
    sessionId: id,
    subject: user?.id ?? null,
    config: workflow.config,
    method,
    purpose: body.purpose,
    callbackMethod: body.callback_method,
    language: body.language ?? null,
    address: entry.address,
    portraitImage: matchesFaces ? (body.portrait_image ?? null) : null,
  });
}
