import type {
  JsonObject,
  JsonValue,
  SelfieMethod,
  SessionStatus,
  WorkflowConfig,
} from '@regard/contract';
import type { Actor, Network } from '@regard/policy';
import type {
  ColumnType,
  Generated,
  JSONColumnType,
  Kysely,
  Selectable,
  Transaction,
} from 'kysely';

/** A json value is written as text and read parsed. */
type Json<T> = ColumnType<T, string | null, string | null>;

export type Purpose = 'sign_in' | 'enrolment';
export type Environment = 'live' | 'sandbox';

export interface ApplicationsTable {
  id: string;
  name: string;
  environment: Environment;
  last_session_number: Generated<number>;
  created_at: Generated<Date>;
}

export interface ApiKeysTable {
  key_hash: Buffer;
  application_id: string;
  label: Generated<string>;
  created_at: Generated<Date>;
  expires_at: Date | null;
  revoked_at: Date | null;
}

export interface WorkflowsTable {
  id: string;
  version: number;
  application_id: string;
  label: string;
  status: Generated<'draft' | 'published'>;
  config: JSONColumnType<WorkflowConfig>;
  created_at: Generated<Date>;
}

export interface UsersTable {
  id: string;
  application_id: string;
  vendor_data: string;
  last_selfie_at: Date | null;
  usual_match_score: number | null;
  recent_failures: Generated<Date[]>;
  locked_until: Date | null;
  created_at: Generated<Date>;
}

/** What a decision left on its session: the arrays of the contract and our reasons. */
export interface StoredDecision {
  livenessChecks: JsonObject[] | null;
  faceMatches: JsonObject[] | null;
  /** Stable codes of the rules that did not approve. */
  reasons: string[];
  /** Set when this decision locked the user's selfie. */
  lockout: { lockedUntil: string; fallback: JsonObject } | null;
  flat: JsonObject;
}

export interface SessionsTable {
  id: string;
  application_id: string;
  environment: Environment;
  session_number: number;
  workflow_id: string;
  workflow_version: number;
  user_id: string | null;
  vendor_data: string | null;
  purpose: Purpose;
  status: SessionStatus;
  /** Number of the newest event; the compare-and-set of every change. */
  sequence: number;
  method: SelfieMethod | 'SKIP';
  /** What is checked: LIVENESS, FACE_MATCH; nothing when the selfie was skipped. */
  features: string[];
  entry_reason: string;
  step_up_used: Generated<boolean>;
  callback: string | null;
  callback_method: string;
  metadata: Json<JsonValue | null>;
  language: string | null;
  expected_details: Json<JsonObject | null>;
  contact_details: Json<JsonObject | null>;
  device_hash: Buffer | null;
  address_hash: Buffer | null;
  network: Network;
  provider_session_id: string | null;
  session_token: string;
  url: string;
  decision: Json<StoredDecision | null>;
  /** Unix seconds of the newest verdict that was applied. */
  last_verdict_at: number | null;
  approval_id: string | null;
  approved_at: Date | null;
  /** When the person last proved presence by a selfie; older than `approved_at` for a skip. */
  authenticated_at: Date | null;
  /** When a selfie of this session was judged; null while there was none. */
  selfie_at: Date | null;
  created_at: Date;
  opened_at: Date | null;
  finished_at: Date | null;
  /** When the clock ends the session: Expired while unopened, Abandoned after. */
  deadline: Date;
}

export interface OpenSessionsTable {
  session_id: string;
  user_id: string | null;
  workflow_id: string;
  workflow_version: number;
  purpose: Purpose;
  reusable: boolean;
  deadline: Date;
}

export interface SessionEventsTable {
  session_id: string;
  sequence: number;
  status: SessionStatus;
  previous_status: SessionStatus | null;
  caused_by: Actor;
  reason: string | null;
  actor: string | null;
  comment: string | null;
  created_at: Date;
}

export interface KnownContextsTable {
  user_id: string;
  kind: 'device' | 'address';
  value_hash: Buffer;
  last_approved_at: Date;
}

export interface VerdictsTable {
  event_id: string;
  session_id: string | null;
  provider_session_id: string;
  status: SessionStatus;
  occurred_at: number;
  method: string | null;
  liveness_score: number | null;
  face_score: number | null;
  outcome: 'applied' | 'ignored';
  reason: string;
  repeats: Generated<number>;
  received_at: Date;
}

export interface UsageTable {
  session_id: string;
  application_id: string;
  item: string;
  amount: string;
  created_at: Date;
}

export interface OutboxTable {
  id: string;
  application_id: string;
  session_id: string;
  sequence: number;
  webhook_type: string;
  body: JSONColumnType<JsonObject>;
  created_at: Date;
  published_at: Date | null;
}

export interface DestinationsTable {
  id: string;
  application_id: string;
  label: string;
  url: string;
  enabled: Generated<boolean>;
  subscribed_events: string[];
  secret_sealed: Buffer;
  created_at: Generated<Date>;
}

export interface DeliveriesTable {
  event_id: string;
  destination_id: string;
  session_id: string;
  sequence: number;
  state: 'pending' | 'delivered' | 'failed' | 'skipped';
  attempts: Generated<number>;
  next_attempt_at: Date;
  leased_until: Date | null;
  last_status: number | null;
  last_error: string | null;
  created_at: Date;
  finished_at: Date | null;
}

export interface DeadLettersTable {
  id: string;
  queue: string;
  job_id: string;
  payload: JSONColumnType<JsonObject>;
  cause: string;
  attempts: number;
  created_at: Date;
}

/** Schema `reauth`, seen by the role that may only read and write its rows. */
export interface ReauthSchema {
  'reauth.applications': ApplicationsTable;
  'reauth.api_keys': ApiKeysTable;
  'reauth.workflows': WorkflowsTable;
  'reauth.users': UsersTable;
  'reauth.sessions': SessionsTable;
  'reauth.open_sessions': OpenSessionsTable;
  'reauth.session_events': SessionEventsTable;
  'reauth.known_contexts': KnownContextsTable;
  'reauth.verdicts': VerdictsTable;
  'reauth.usage': UsageTable;
  'reauth.outbox': OutboxTable;
  'reauth.destinations': DestinationsTable;
  'reauth.deliveries': DeliveriesTable;
  'reauth.dead_letters': DeadLettersTable;
}

export type Database = Kysely<ReauthSchema>;
export type DatabaseTransaction = Transaction<ReauthSchema>;

export type Application = Selectable<ApplicationsTable>;
export type Workflow = Selectable<WorkflowsTable>;
export type User = Selectable<UsersTable>;
export type Session = Selectable<SessionsTable>;
export type SessionEventRow = Selectable<SessionEventsTable>;
export type Destination = Selectable<DestinationsTable>;
