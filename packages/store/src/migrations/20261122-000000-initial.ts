import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The tables of re-authentication. Those that grow with traffic are partitioned by month on their
 * UUIDv7 key, whose first 48 bits are the time: a look-up by id alone finds its partition, and an
 * old month is dropped, not deleted from (docs/decisions/0003).
 */
export const initial: Migration = {
  async up(db) {
    await createAccounts(db);
    await createSessions(db);
    await createKnowledge(db);
    await createEvents(db);
    await createPartitioning(db);
  },
};

async function createAccounts(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table reauth.applications (
      id uuid primary key,
      name text not null,
      environment text not null check (environment in ('live', 'sandbox')),
      last_session_number bigint not null default 0,
      created_at timestamptz not null default now()
    )`,
    `create table reauth.api_keys (
      key_hash bytea primary key,
      application_id uuid not null references reauth.applications,
      label text not null default '',
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      revoked_at timestamptz
    )`,
    `create table reauth.workflows (
      id uuid not null,
      version int not null,
      application_id uuid not null references reauth.applications,
      label text not null,
      status text not null default 'published' check (status in ('draft', 'published')),
      config jsonb not null,
      created_at timestamptz not null default now(),
      primary key (id, version)
    )`,
    `create table reauth.users (
      id uuid primary key,
      application_id uuid not null references reauth.applications,
      vendor_data text not null,
      last_selfie_at timestamptz,
      usual_match_score real,
      recent_failures timestamptz[] not null default '{}',
      locked_until timestamptz,
      created_at timestamptz not null default now(),
      unique (application_id, vendor_data)
    )`,
  ]);
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table reauth.sessions (
      id uuid not null primary key,
      application_id uuid not null,
      environment text not null,
      session_number bigint not null,
      workflow_id uuid not null,
      workflow_version int not null,
      user_id uuid,
      vendor_data text,
      purpose text not null check (purpose in ('sign_in', 'enrolment')),
      status text not null,
      sequence int not null,
      method text not null,
      features text[] not null,
      entry_reason text not null,
      step_up_used boolean not null default false,
      callback text,
      callback_method text not null,
      metadata jsonb,
      language text,
      expected_details jsonb,
      contact_details jsonb,
      device_hash bytea,
      address_hash bytea,
      network text not null,
      provider_session_id uuid,
      session_token text not null,
      url text not null,
      decision jsonb,
      last_verdict_at bigint,
      approval_id uuid,
      approved_at timestamptz,
      authenticated_at timestamptz,
      selfie_at timestamptz,
      created_at timestamptz not null,
      opened_at timestamptz,
      finished_at timestamptz,
      deadline timestamptz not null
    ) partition by range (id)`,
    // Newest first within an application, for the list; by user for the same list filtered.
    `create index sessions_list on reauth.sessions (application_id, id desc)`,
    `create index sessions_by_user on reauth.sessions (user_id, id desc) where user_id is not null`,
    `create index sessions_by_provider on reauth.sessions (provider_session_id)
      where provider_session_id is not null`,
    // Only sessions that still wait for the person: what may be handed out again, and what the
    // clock has to end. Small whatever the history, so it needs no partitions.
    `create table reauth.open_sessions (
      session_id uuid primary key,
      user_id uuid,
      workflow_id uuid not null,
      workflow_version int not null,
      purpose text not null,
      reusable boolean not null,
      deadline timestamptz not null
    )`,
    `create unique index open_sessions_reusable on reauth.open_sessions
      (user_id, workflow_id, workflow_version, purpose) where reusable`,
    `create index open_sessions_deadline on reauth.open_sessions (deadline)`,
    `create table reauth.session_events (
      session_id uuid not null,
      sequence int not null,
      status text not null,
      previous_status text,
      caused_by text not null,
      reason text,
      actor text,
      comment text,
      created_at timestamptz not null,
      primary key (session_id, sequence)
    ) partition by range (session_id)`,
  ]);
}

async function createKnowledge(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table reauth.known_contexts (
      user_id uuid not null,
      kind text not null check (kind in ('device', 'address')),
      value_hash bytea not null,
      last_approved_at timestamptz not null,
      primary key (user_id, kind, value_hash)
    )`,
    `create table reauth.verdicts (
      event_id text primary key,
      session_id uuid,
      provider_session_id uuid not null,
      status text not null,
      occurred_at bigint not null,
      method text,
      liveness_score real,
      face_score real,
      outcome text not null check (outcome in ('applied', 'ignored')),
      reason text not null,
      repeats int not null default 0,
      received_at timestamptz not null
    )`,
    `create index verdicts_by_session on reauth.verdicts (session_id)`,
    `create table reauth.usage (
      session_id uuid primary key,
      application_id uuid not null,
      item text not null,
      amount numeric(10, 4) not null,
      created_at timestamptz not null
    )`,
    `create index usage_by_application on reauth.usage (application_id, created_at)`,
  ]);
}

async function createEvents(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table reauth.outbox (
      id uuid not null primary key,
      application_id uuid not null,
      session_id uuid not null,
      sequence int not null,
      webhook_type text not null,
      body jsonb not null,
      created_at timestamptz not null,
      published_at timestamptz
    ) partition by range (id)`,
    `create index outbox_unpublished on reauth.outbox (id) where published_at is null`,
    `create table reauth.destinations (
      id uuid primary key,
      application_id uuid not null references reauth.applications,
      label text not null,
      url text not null,
      enabled boolean not null default true,
      subscribed_events text[] not null,
      secret_sealed bytea not null,
      created_at timestamptz not null default now(),
      unique (application_id, url)
    )`,
    `create table reauth.deliveries (
      event_id uuid not null,
      destination_id uuid not null,
      session_id uuid not null,
      sequence int not null,
      state text not null check (state in ('pending', 'delivered', 'failed', 'skipped')),
      attempts int not null default 0,
      next_attempt_at timestamptz not null,
      leased_until timestamptz,
      last_status int,
      last_error text,
      created_at timestamptz not null,
      finished_at timestamptz,
      primary key (event_id, destination_id)
    ) partition by range (event_id)`,
    `create index deliveries_due on reauth.deliveries (next_attempt_at) where state = 'pending'`,
    `create index deliveries_in_order on reauth.deliveries (destination_id, session_id, sequence)
      where state = 'pending'`,
    `create table reauth.dead_letters (
      id uuid primary key,
      queue text not null,
      job_id text not null,
      payload jsonb not null,
      cause text not null,
      attempts int not null,
      created_at timestamptz not null,
      unique (queue, job_id)
    )`,
  ]);
}

async function createPartitioning(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    // The smallest UUIDv7 of a moment: 48 bits of milliseconds, then zeros.
    `create function reauth.uuid_floor(moment timestamptz) returns uuid
      language sql immutable strict as $$
        select (lpad(to_hex(greatest(0, extract(epoch from moment) * 1000)::bigint), 12, '0')
          || repeat('0', 20))::uuid
      $$`,
    // Services call this without owning the tables, so it runs with its owner's rights and takes
    // nothing but a number.
    `create function reauth.ensure_partitions(months_ahead int) returns int
      language plpgsql security definer set search_path = pg_catalog as $$
      declare
        parent text;
        first timestamptz;
        partition text;
        made int := 0;
      begin
        perform pg_advisory_xact_lock(hashtext('reauth.ensure_partitions'));
        foreach parent in array array['sessions', 'session_events', 'outbox', 'deliveries'] loop
          for step in -1 .. least(months_ahead, 24) loop
            first := date_trunc('month', now() at time zone 'utc') at time zone 'utc'
              + make_interval(months => step);
            partition := parent || to_char(first at time zone 'utc', '_YYYY_MM');
            if to_regclass('reauth.' || partition) is null then
              execute format(
                'create table reauth.%I partition of reauth.%I for values from (%L) to (%L)',
                partition, parent, reauth.uuid_floor(first),
                reauth.uuid_floor(first + interval '1 month'));
              made := made + 1;
            end if;
          end loop;
        end loop;
        return made;
      end $$`,
    `revoke all on function reauth.ensure_partitions(int) from public`,
    `select reauth.ensure_partitions(3)`,
  ]);
}

async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
