import type { Verdict } from '@regard/contract';
import { sql } from 'kysely';
import type { Database, DatabaseTransaction, Session } from './schema.ts';

/** What became of a provider's event, kept for ever with the reason. */
export interface VerdictOutcome {
  sessionId: string | null;
  outcome: 'applied' | 'ignored';
  reason: string;
}

/**
 * Claims an event id. Only the first transaction that commits it gets true; every later one counts
 * a repeat and gets false. This unique row, not the queue, is what makes a verdict decide once.
 */
export async function claimVerdict(
  trx: DatabaseTransaction,
  verdict: Verdict,
  now: Date,
): Promise<boolean> {
  const row = await trx
    .insertInto('reauth.verdicts')
    .values({
      event_id: verdict.eventId,
      session_id: null,
      provider_session_id: verdict.providerSessionId,
      status: verdict.status,
      occurred_at: verdict.occurredAt,
      method: verdict.liveness?.method ?? null,
      liveness_score: verdict.liveness?.score ?? null,
      face_score: verdict.face?.score ?? null,
      outcome: 'ignored',
      reason: 'CLAIMED',
      received_at: now,
    })
    .onConflict((conflict) =>
      conflict.column('event_id').doUpdateSet({ repeats: sql`verdicts.repeats + 1` }),
    )
    .returning('repeats')
    .executeTakeFirstOrThrow();
  return row.repeats === 0;
}

export async function settleVerdict(
  trx: DatabaseTransaction,
  eventId: string,
  { sessionId, outcome, reason }: VerdictOutcome,
): Promise<void> {
  await trx
    .updateTable('reauth.verdicts')
    .set({ session_id: sessionId, outcome, reason })
    .where('event_id', '=', eventId)
    .execute();
}

/** Every event of a session, for the operator who asks what happened. */
export function verdictsOf(db: Database, sessionId: string) {
  return db
    .selectFrom('reauth.verdicts')
    .selectAll()
    .where('session_id', '=', sessionId)
    .orderBy('received_at')
    .execute();
}

/** Every provider session that a session of ours ever ran in: its steps, the current one included. */
export async function providerSessionsOf(db: Database, session: Session): Promise<string[]> {
  const rows = await db
    .selectFrom('reauth.verdicts')
    .select('provider_session_id')
    .distinct()
    .where('session_id', '=', session.id)
    // What spoke for this session without being its step is not ours to delete.
    .where('reason', '!=', 'OTHER_STEP')
    .execute();
  const ids = rows.map((row) => row.provider_session_id);
  if (session.provider_session_id !== null) ids.push(session.provider_session_id);
  return [...new Set(ids)];
}
