import type { Charge } from '@regard/policy';
import type { Database, DatabaseTransaction, Session } from './schema.ts';

/** Writes what a session costs, once: a second decision on the same session adds nothing. */
export async function recordUsage(
  trx: DatabaseTransaction,
  session: Session,
  charge: Charge,
  now: Date,
): Promise<void> {
  await trx
    .insertInto('reauth.usage')
    .values({
      session_id: session.id,
      application_id: session.application_id,
      item: charge.item,
      amount: charge.amount,
      created_at: now,
    })
    .onConflict((conflict) => conflict.column('session_id').doNothing())
    .execute();
}

export function usageOf(db: Database, sessionId: string) {
  return db.selectFrom('reauth.usage').selectAll().where('session_id', '=', sessionId).execute();
}
