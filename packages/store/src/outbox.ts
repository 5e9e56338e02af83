import type { JsonObject } from '@regard/contract';
import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from './schema.ts';

/** One event on its way out. */
export interface OutboxEvent {
  id: string;
  application_id: string;
  session_id: string;
  sequence: number;
  webhook_type: string;
  /** The webhook body without an attempt's `timestamp`. */
  body: JsonObject;
  created_at: Date;
}

export type OutboxClaim =
  | { ok: true; events: OutboxEvent[] }
  /** Another dispatcher is publishing; it will take these rows as well. */
  | { ok: false; reason: 'BUSY' };

/**
 * Takes the oldest unpublished events and plans their deliveries, one for each enabled destination
 * of the application that subscribes to the type. Planning an event again changes nothing.
 *
 * One dispatcher publishes at a time, by a lock that ends with the transaction: two at once would
 * let a session's second event overtake its first. A thousand events take a few dozen ms, so
 * more publishers would not be faster than the table.
 *
 * @param limit most events to take
 */
export async function claimOutbox(trx: DatabaseTransaction, limit: number): Promise<OutboxClaim> {
  // A statement of its own: the next one must see what the lock's last holder committed.
  const lock = await sql<{ held: boolean }>`
    select pg_try_advisory_xact_lock(hashtext('reauth.outbox')) as held`.execute(trx);
  if (lock.rows[0]?.held !== true) return { ok: false, reason: 'BUSY' };
  const { rows } = await sql<OutboxEvent>`
    with claimed as materialized (
      select id, application_id, session_id, sequence, webhook_type, body, created_at
      from reauth.outbox
      where published_at is null
      order by id
      limit ${limit}
      for update skip locked
    ), planned as (
      insert into reauth.deliveries
        (event_id, destination_id, session_id, sequence, state, next_attempt_at, created_at)
      select claimed.id, destination.id, claimed.session_id, claimed.sequence, 'pending',
        -- Behind an earlier event that waits for a retry there is no sense in looking before it.
        greatest(now(), (
          select max(earlier.next_attempt_at) from reauth.deliveries earlier
          where earlier.destination_id = destination.id
            and earlier.session_id = claimed.session_id
            and earlier.sequence < claimed.sequence
            and earlier.state = 'pending')),
        now()
      from claimed
      join reauth.destinations destination
        on destination.application_id = claimed.application_id
        and destination.enabled
        and claimed.webhook_type = any (destination.subscribed_events)
      on conflict (event_id, destination_id) do nothing
    )
    select * from claimed order by id`.execute(trx);
  return { ok: true, events: rows };
}

/** Marks events as published, in the transaction that claimed them. */
export async function markPublished(
  trx: DatabaseTransaction,
  eventIds: readonly string[],
): Promise<void> {
  await sql`
    update reauth.outbox set published_at = now()
    where id = any (${eventIds}::uuid[])`.execute(trx);
}

/** Age of the oldest unpublished event in seconds; 0 when all are published. */
export async function outboxLagSeconds(db: Database): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    select extract(epoch from now() - created_at)::float8 as seconds
    from reauth.outbox
    where published_at is null
    order by id
    limit 1`.execute(db);
  return Math.max(rows[0]?.seconds ?? 0, 0);
}
