import type { JsonObject } from '@regard/contract';
import type { Database, DatabaseTransaction, UnsentEvent } from './schema.ts';

/** A sender that took an event and died leaves it to others after this time. */
const LEASE_MS = 15_000;

const FIELDS = ['id', 'session_id', 'body', 'attempts', 'created_at'] as const;

/** Writes an event that its writer sends itself right after the commit: it is leased from the start. */
export async function insertEvent(
  trx: DatabaseTransaction,
  event: { id: string; sessionId: string; body: JsonObject; createdAt: Date },
): Promise<UnsentEvent> {
  const row = await trx
    .insertInto('biometrics.unsent_events')
    .values({
      id: event.id,
      session_id: event.sessionId,
      body: JSON.stringify(event.body),
      created_at: event.createdAt,
      next_attempt_at: new Date(event.createdAt.getTime() + LEASE_MS),
    })
    .returning(FIELDS)
    .executeTakeFirstOrThrow();
  return row;
}

/** Takes some events that are due, oldest first. Several copies of the service never get the same. */
export function claimDueEvents(db: Database, now: Date, limit: number): Promise<UnsentEvent[]> {
  return db
    .updateTable('biometrics.unsent_events')
    .set({ next_attempt_at: new Date(now.getTime() + LEASE_MS) })
    .where('id', 'in', (query) =>
      query
        .selectFrom('biometrics.unsent_events')
        .select('id')
        .where('next_attempt_at', '<=', now)
        .orderBy('next_attempt_at')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(FIELDS)
    .execute();
}

/** The receiver has it, or it is given up. */
export async function removeEvent(db: Database, id: string): Promise<void> {
  await db.deleteFrom('biometrics.unsent_events').where('id', '=', id).execute();
}

export async function postponeEvent(
  db: Database,
  id: string,
  attempts: number,
  nextAttemptAt: Date,
): Promise<void> {
  await db
    .updateTable('biometrics.unsent_events')
    .set({ attempts, next_attempt_at: nextAttemptAt })
    .where('id', '=', id)
    .execute();
}

export async function countUnsentEvents(db: Database): Promise<number> {
  const row = await db
    .selectFrom('biometrics.unsent_events')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}
