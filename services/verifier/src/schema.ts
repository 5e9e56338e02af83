import type { FaceMatch, JsonObject, JsonValue, LivenessCheck } from '@regard/contract';
import type {
  ColumnType,
  Generated,
  JSONColumnType,
  Kysely,
  Selectable,
  Transaction,
} from 'kysely';

/** Schema `biometrics`: read and written by the verifier only. */
export interface BiometricsSchema {
  'biometrics.sessions': SessionsTable;
  'biometrics.templates': TemplatesTable;
  'biometrics.unsent_events': UnsentEventsTable;
}

export type Database = Kysely<BiometricsSchema>;
export type DatabaseTransaction = Transaction<BiometricsSchema>;

export type VerifierStatus =
  | 'Not Started'
  | 'In Progress'
  | 'Approved'
  | 'Declined'
  | 'In Review'
  | 'Expired'
  | 'Abandoned';

/** Statuses that end a session of the verifier. */
export type FinishedStatus = Exclude<VerifierStatus, 'Not Started' | 'In Progress'>;

/** What a finished session found, one item a feature; null when the workflow lacks the feature. */
export interface Findings {
  livenessChecks: LivenessCheck[] | null;
  faceMatches: FaceMatch[] | null;
}

interface SessionsTable {
  id: string;
  session_number: ColumnType<number, never, never>;
  /** SHA-256 of the token in the page's link; the token itself is not kept. */
  token_hash: Buffer;
  workflow_id: string;
  /** Opaque id of the subject; null for a session about nobody in particular. */
  vendor_data: string | null;
  callback: string | null;
  /** Kept as text of the caller's own shape and echoed. */
  metadata: ColumnType<JsonValue, string | null, never>;
  language: string;
  /** The gateway's session, when it said so: a step-up is another session with the same one. */
  step_of: string | null;
  status: VerifierStatus;
  attempts_used: Generated<number>;
  /**
   * Sealed template of the portrait the session was opened with. Gone with the verdict, or at the
   * deadline where a further step of the same sign-in may need it.
   */
  reference: Buffer | null;
  /** Sealed work between two frames of a challenge or an enrolment; gone with the verdict. */
  capture_state: Buffer | null;
  decision: JSONColumnType<Findings> | null;
  created_at: Date;
  /** Unopened sessions expire then, opened ones are abandoned. */
  deadline: Date;
  finished_at: Date | null;
}

export type SessionRow = Selectable<SessionsTable>;

/** Which faces a template was made of and is compared under: they never meet. */
export type CalibrationKind = 'production' | 'test';

interface TemplatesTable {
  id: string;
  subject: string;
  calibration: CalibrationKind;
  /** The enrolment session that made it. */
  session_id: string;
  sealed: Buffer;
  created_at: Date;
}

/** Status changes the receiver of webhooks has not acknowledged yet. */
interface UnsentEventsTable {
  id: string;
  session_id: string;
  /** The webhook's body without the timestamp of an attempt. */
  body: JSONColumnType<JsonObject>;
  attempts: Generated<number>;
  created_at: Date;
  /** In the future while a sender holds it. */
  next_attempt_at: Date;
}

export type UnsentEvent = Pick<
  Selectable<UnsentEventsTable>,
  'id' | 'session_id' | 'body' | 'attempts' | 'created_at'
>;
