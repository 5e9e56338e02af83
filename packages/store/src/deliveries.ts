import type { JsonObject } from '@regard/contract';
import { sql } from 'kysely';
import type { Database, Destination } from './schema.ts';

/**
 * How far down the due deliveries a claim looks for those that may go out now. Those that wait for
 * an earlier one are put off with it, so a view full of waiting ones does not come about.
 */
const LOOK_AHEAD = 500;

export interface DeliveryClaim {
  /** Most deliveries to take. */
  limit: number;
  /** Most deliveries to take for one destination. */
  perDestination: number;
  /** Destinations that may have fewer than that; 0 takes nothing. */
  allowances: ReadonlyMap<string, number>;
  /** How long the taker has to finish before another may take them. */
  leaseSeconds: number;
}

export interface ClaimedDelivery {
  eventId: string;
  destinationId: string;
  sessionId: string;
  sequence: number;
  /** Number of this attempt, from 1; it also fences: a result of an older attempt is dropped. */
  attempt: number;
  /** The webhook body without `timestamp`; null when the event is no longer kept. */
  body: JsonObject | null;
  /** Null when it was deleted. */
  destination: Destination | null;
}

/**
 * Leases the deliveries that are due, oldest first. A delivery waits while an earlier one of the
 * same session and destination is pending, so a subscriber gets a session's events in order. The
 * clock is the database's, the same for every dispatcher.
 */
export async function claimDeliveries(
  db: Database,
  claim: DeliveryClaim,
): Promise<ClaimedDelivery[]> {
  const limitedIds = [...claim.allowances.keys()];
  const limitedTo = [...claim.allowances.values()].map((allowance) => Math.max(allowance, 0));
  const fullIds = limitedIds.filter((_id, index) => limitedTo[index] === 0);
  const { rows } = await sql<ClaimedRow>`
    with due as materialized (
      select event_id, destination_id, session_id, sequence, next_attempt_at
      from reauth.deliveries
      where state = 'pending' and next_attempt_at <= now()
        and (leased_until is null or leased_until <= now())
        and destination_id <> all (${fullIds}::uuid[])
      order by next_attempt_at
      limit ${LOOK_AHEAD}
    ), ranked as (
      select event_id, destination_id, next_attempt_at, row_number() over (
        partition by destination_id order by next_attempt_at, event_id) as place
      from due
      -- A subquery by value is looked up by index for each row, whatever the planner knows.
      where sequence = (
        select min(own.sequence) from reauth.deliveries own
        where own.destination_id = due.destination_id
          and own.session_id = due.session_id
          and own.state = 'pending')
    ), chosen as (
      select delivery.event_id, delivery.destination_id
      from ranked
      join reauth.deliveries delivery using (event_id, destination_id)
      left join unnest(${limitedIds}::uuid[], ${limitedTo}::int[]) as limited (id, allowance)
        on limited.id = destination_id
      where place <= coalesce(limited.allowance, ${claim.perDestination}::int)
        and delivery.state = 'pending'
        and (delivery.leased_until is null or delivery.leased_until <= now())
      order by ranked.next_attempt_at
      limit ${claim.limit}
      for update of delivery skip locked
    ), claimed as (
      update reauth.deliveries delivery
      set attempts = attempts + 1,
        leased_until = now() + make_interval(secs => ${claim.leaseSeconds})
      from chosen
      where delivery.event_id = chosen.event_id
        and delivery.destination_id = chosen.destination_id
      returning delivery.event_id, delivery.destination_id, delivery.session_id,
        delivery.sequence, delivery.attempts
    )
    select claimed.*, event.body, destination.*
    from claimed
    left join reauth.outbox event on event.id = claimed.event_id
    left join reauth.destinations destination on destination.id = claimed.destination_id
    order by claimed.event_id`.execute(db);
  return rows.map(toClaimedDelivery);
}

type ClaimedRow = {
  event_id: string;
  destination_id: string;
  session_id: string;
  sequence: number;
  attempts: number;
  body: JsonObject | null;
} & (Destination | { [column in keyof Destination]: null });

function toClaimedDelivery(row: ClaimedRow): ClaimedDelivery {
  const { event_id, destination_id, session_id, sequence, attempts, body, ...destination } = row;
  return {
    eventId: event_id,
    destinationId: destination_id,
    sessionId: session_id,
    sequence,
    attempt: attempts,
    body,
    destination: destination.id === null ? null : destination,
  };
}

/** What an attempt showed: the HTTP status if there was an answer, else a stable code. */
export interface AttemptFacts {
  status: number | null;
  error: string | null;
}

/**
 * Ends a delivery.
 *
 * @returns false when its lease ran out and another attempt has taken it; nothing is written then
 */
export async function finishDelivery(
  db: Database,
  delivery: ClaimedDelivery,
  state: 'delivered' | 'failed' | 'skipped',
  facts: AttemptFacts,
): Promise<boolean> {
  const result = await sql`
    update reauth.deliveries
    set state = ${state}, leased_until = null, finished_at = now(),
      last_status = ${facts.status}, last_error = ${facts.error}
    where event_id = ${delivery.eventId} and destination_id = ${delivery.destinationId}
      and state = 'pending' and attempts = ${delivery.attempt}`.execute(db);
  return result.numAffectedRows === 1n;
}

/**
 * Gives a delivery back for another attempt. Later events of the session wait for it anyway, so
 * they are put off with it rather than looked at in between.
 *
 * @returns false when another attempt has taken it; nothing is written then
 */
export async function retryDelivery(
  db: Database,
  delivery: ClaimedDelivery,
  delaySeconds: number,
  facts: AttemptFacts,
): Promise<boolean> {
  const { rows } = await sql`
    with given_back as (
      update reauth.deliveries
      set leased_until = null, next_attempt_at = now() + make_interval(secs => ${delaySeconds}),
        last_status = ${facts.status}, last_error = ${facts.error}
      where event_id = ${delivery.eventId} and destination_id = ${delivery.destinationId}
        and state = 'pending' and attempts = ${delivery.attempt}
      returning next_attempt_at
    ), put_off as (
      update reauth.deliveries later
      set next_attempt_at = greatest(later.next_attempt_at, given_back.next_attempt_at)
      from given_back
      where later.destination_id = ${delivery.destinationId}
        and later.session_id = ${delivery.sessionId}
        and later.sequence > ${delivery.sequence}
        and later.state = 'pending'
    )
    select 1 from given_back`.execute(db);
  return rows.length === 1;
}

/** Puts off what would go to a destination sooner, unless it is under way. */
export async function putOffDestination(
  db: Database,
  destinationId: string,
  seconds: number,
): Promise<void> {
  await sql`
    update reauth.deliveries
    set next_attempt_at = now() + make_interval(secs => ${seconds})
    where destination_id = ${destinationId} and state = 'pending'
      and (leased_until is null or leased_until <= now())
      and next_attempt_at < now() + make_interval(secs => ${seconds})`.execute(db);
}

/** Switches a destination off and drops what waits for it. */
export async function disableDestination(db: Database, destinationId: string): Promise<void> {
  await sql`
    with disabled as (
      update reauth.destinations set enabled = false where id = ${destinationId}
    )
    update reauth.deliveries set state = 'skipped', leased_until = null, finished_at = now()
    where destination_id = ${destinationId} and state = 'pending'
      and (leased_until is null or leased_until <= now())`.execute(db);
}
