import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Who may ask for tokens, what was granted, and the refresh tokens each grant went through. */
export const initial: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  `create table tokens.clients (
    key_hash bytea primary key,
    application_id uuid not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
  )`,
  `create table tokens.grants (
    id uuid primary key,
    approval_id text not null constraint grants_once_per_approval unique,
    application_id uuid not null,
    subject text not null,
    session_id text not null,
    acr text not null,
    amr text[] not null,
    authenticated_at timestamptz not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_reason text check (
      revoked_reason in ('approval_replayed', 'refresh_token_reused', 'revoked_by_client')
    ),
    check ((revoked_at is null) = (revoked_reason is null))
  )`,
  // The sign-ins of a person, newest first.
  `create index grants_by_subject on tokens.grants (application_id, subject, created_at desc)`,
  // All grants of a session, to revoke them by an access token.
  `create index grants_by_session on tokens.grants (application_id, session_id)`,
  `create table tokens.refresh_tokens (
    token_hash bytea primary key,
    grant_id uuid not null references tokens.grants on delete cascade,
    issued_at timestamptz not null,
    used_at timestamptz
  )`,
  // Deleting a grant takes its refresh tokens along.
  `create index refresh_tokens_by_grant on tokens.refresh_tokens (grant_id)`,
];
