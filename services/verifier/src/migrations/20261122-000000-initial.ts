import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Sessions of the capture page, enrolled templates, and the webhooks that are not sent yet. */
export const initial: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  `create table biometrics.sessions (
    id uuid primary key,
    session_number bigint generated always as identity,
    token_hash bytea not null unique,
    workflow_id uuid not null,
    vendor_data text,
    callback text,
    metadata json,
    language text not null,
    status text not null check (status in (
      'Not Started', 'In Progress', 'Approved', 'Declined', 'In Review', 'Expired', 'Abandoned'
    )),
    attempts_used int not null default 0,
    reference bytea,
    capture_state bytea,
    step_of uuid,
    decision json,
    created_at timestamptz not null,
    deadline timestamptz not null,
    finished_at timestamptz
  )`,
  // The sweep that ends overdue sessions; finished ones are not in it.
  `create index sessions_by_deadline on biometrics.sessions (deadline)
    where status in ('Not Started', 'In Progress')`,
  // References a further step of the same sign-in may need, and the sweep that forgets them.
  `create index sessions_by_step on biometrics.sessions (step_of) where reference is not null`,
  `create index sessions_with_reference on biometrics.sessions (deadline)
    where reference is not null`,
  `create table biometrics.templates (
    id uuid primary key,
    subject text not null,
    calibration text not null check (calibration in ('production', 'test')),
    session_id uuid not null,
    sealed bytea not null,
    created_at timestamptz not null,
    unique (subject, calibration)
  )`,
  // Deleting an enrolment session asks for the template it made.
  `create index templates_by_session on biometrics.templates (session_id)`,
  `create table biometrics.unsent_events (
    id uuid primary key,
    session_id uuid not null,
    body json not null,
    attempts int not null default 0,
    created_at timestamptz not null,
    next_attempt_at timestamptz not null
  )`,
  `create index unsent_events_due on biometrics.unsent_events (next_attempt_at)`,
];
