import type { SessionStatus, Verdict } from '@regard/contract';
import { isOutcome } from '@regard/contract';
import {
  claimVerdict,
  type Database,
  type DatabaseTransaction,
  findIdByProviderSession,
  lockSession,
  type Session,
  settleVerdict,
  type VerdictOutcome,
} from '@regard/store';
import { applyOutcome } from './apply-outcome.ts';
import type { DecisionContext } from './decision-context.ts';
import { openedByPerson } from './open-session.ts';

/** The event is about a session that is not there (yet): the job is tried again. */
export class SessionNotFoundError extends Error {
  override name = 'SessionNotFoundError';
}

export type VerdictResult =
  /** The session moved on. */
  | { kind: 'applied'; session: Session; from: SessionStatus }
  /** The event was recorded with the reason why it changes nothing. */
  | { kind: 'ignored'; reason: string; sessionId: string }
  /** The event had been taken before. */
  | { kind: 'repeat' };

/**
 * Takes one verdict: claims its event id, locks its session, applies the status and step-up rules
 * and writes everything that follows, all in one transaction. Either all of it is there afterwards
 * or nothing.
 *
 * @throws SessionNotFoundError when the session is unknown; nothing is written
 */
export async function decideVerdict(
  db: Database,
  verdict: Verdict,
  context: DecisionContext,
): Promise<VerdictResult> {
  const sessionId =
    verdict.sessionId ?? (await findIdByProviderSession(db, verdict.providerSessionId));
  if (sessionId === null) throw new SessionNotFoundError('No session of this provider session');
  return db.transaction().execute(async (trx) => {
    if (!(await claimVerdict(trx, verdict, context.now))) return { kind: 'repeat' };
    const session = await lockSession(trx, sessionId);
    if (session === null) throw new SessionNotFoundError('No such session');
    const result = await applyVerdict(trx, session, verdict, context);
    await settleVerdict(trx, verdict.eventId, outcomeOf(session.id, result));
    return result;
  });
}

async function applyVerdict(
  trx: DatabaseTransaction,
  session: Session,
  verdict: Verdict,
  context: DecisionContext,
): Promise<VerdictResult> {
  const ignored = (reason: string) =>
    ({ kind: 'ignored', reason, sessionId: session.id }) satisfies VerdictResult;
  // A provider speaks for the step it was given, and for no other: neither for an earlier step of
  // this session nor, by a forged echo, for somebody else's.
  if (session.provider_session_id !== verdict.providerSessionId) return ignored('OTHER_STEP');
  if (verdict.occurredAt < (session.last_verdict_at ?? 0)) return ignored('OUT_OF_ORDER');
  const applied = isOutcome(verdict.status)
    ? await applyOutcome(trx, session, verdict, context)
    : await openedByPerson(trx, session, verdict, context.now);
  if (!applied.ok) return ignored(applied.reason);
  return { kind: 'applied', session: applied.session, from: session.status };
}

function outcomeOf(sessionId: string, result: VerdictResult): VerdictOutcome {
  return result.kind === 'applied'
    ? { sessionId, outcome: 'applied', reason: result.session.status }
    : {
        sessionId,
        outcome: 'ignored',
        reason: result.kind === 'ignored' ? result.reason : 'REPEAT',
      };
}
