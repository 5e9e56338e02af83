import { z } from 'zod';
import { SELFIE_METHODS } from './statuses.ts';

const score = z.number().min(0).max(100);
const seconds = (fallback: number) => z.number().int().positive().default(fallback);

const DAY = 86_400;

/**
 * What a workflow checks and which numbers it goes by. Feature keys are those of the wire contract
 * (docs/api/contract.md, "Workflows"); the rules of entry, step-up and lockout are our own.
 */
export const workflowConfigSchema = z.object({
  features: z
    .array(z.enum(['LIVENESS', 'FACE_MATCH']))
    .min(1)
    .default(['LIVENESS', 'FACE_MATCH']),

  /** At or below decline: Declined; at or below review: In Review (or a step-up); above: Approved. */
  face_liveness_score_decline_threshold: score.default(10),
  face_liveness_score_review_threshold: score.default(30),
  face_match_score_decline_threshold: score.default(50),
  face_match_score_review_threshold: score.default(70),
  /** A passing match this many points below the user's own average goes to In Review; null: never. */
  face_match_drift_points: score.nullable().default(40),

  entry: z
    .object({
      /** A device or address counts as known this long after an Approved selfie. */
      known_for_days: z.number().int().min(1).max(3650).default(90),
      /** A known device on a known address may skip the selfie. */
      skip_allowed: z.boolean().default(true),
      /** The last real selfie must be younger than this for a skip. */
      skip_within_days: z.number().int().min(1).max(3650).default(30),
    })
    .prefault({}),

  /** A doubtful passive verdict asks once for a stronger method instead of going to In Review. */
  step_up: z
    .object({
      enabled: z.boolean().default(true),
      method: z.enum(SELFIE_METHODS).default('ACTIVE_3D'),
    })
    .prefault({}),

  /** Too many failed sessions of one user lock the selfie for that user. */
  lockout: z
    .object({
      failures: z.number().int().min(1).max(100).default(5),
      window_seconds: seconds(3600),
      lock_seconds: seconds(3600),
      /** What the app should offer instead, told to it as it stands here. */
      fallback: z
        .object({ kind: z.string().max(64), url: z.url().nullable().default(null) })
        .prefault({ kind: 'password_reset' }),
    })
    .prefault({}),

  /** Life of a link that nobody opens; then Expired. */
  session_expiration_time: seconds(7 * DAY),
  /** Life of a session after its link was opened; then Abandoned. */
  session_completion_time: seconds(3600),

  /** The provider's own workflow for each way of taking the selfie. */
  provider_workflows: z.object({
    PASSIVE: z.uuid(),
    ACTIVE_3D: z.uuid(),
    FLASHING: z.uuid().optional(),
    ENROLMENT: z.uuid().optional(),
  }),
});

export type WorkflowConfig = z.infer<typeof workflowConfigSchema>;

/** What a caller may leave out is filled with the defaults above. */
export type WorkflowConfigInput = z.input<typeof workflowConfigSchema>;
