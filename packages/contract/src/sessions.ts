import { z } from 'zod';
import { isStorableText, type JsonValue, jsonFault } from './json.ts';
import { LANGUAGES } from './languages.ts';
import { SESSION_STATUSES } from './statuses.ts';

/** Largest decoded portrait, in bytes (docs/api/contract.md, "Portrait"). */
export const MAX_PORTRAIT_BYTES = 2 * 1024 * 1024;
/** Largest metadata, in characters of its JSON text: webhooks stay under 20 KB. */
export const MAX_METADATA_CHARACTERS = 4096;

/** Text of the app that is kept: whole Unicode, no NUL. */
const storableText = z
  .string()
  .refine(isStorableText, { error: 'Null characters and broken Unicode are not allowed.' });

/** JSON of the app that is kept and sent on: bounded, so that webhooks stay small. */
const keptJson = z
  .json()
  .refine((value) => jsonFault(value) === null, {
    error: 'Must be JSON of at most 32 levels, without null characters.',
  })
  .refine((value) => JSON.stringify(value).length <= MAX_METADATA_CHARACTERS, {
    error: `Ensure this field has no more than ${MAX_METADATA_CHARACTERS} characters.`,
  });

/** The same for fields that are objects. */
const keptObject = keptJson.refine(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'Must be an object.' },
);

const webUrl = z.url({ protocol: /^https?$/, error: 'Enter a valid URL.' }).max(2048);

/** `POST /v3/session/`. Keys it does not know are dropped, as clients of the contract expect. */
export const createSessionSchema = z.object({
  workflow_id: z.uuid({ error: 'Must be a valid UUID.' }),
  /** Accepted for older clients; it belongs to the workflow and must agree with it. */
  workflow_type: z.string().optional(),
  /** The app's own id of the person: opaque to us, never logged. */
  vendor_data: storableText.pipe(z.string().min(1).max(255)).optional(),
  callback: webUrl.optional(),
  callback_method: z.enum(['initiator', 'completer', 'both']).default('initiator'),
  metadata: keptJson.optional(),
  language: z.enum(LANGUAGES as [string, ...string[]]).optional(),
  contact_details: keptObject.optional(),
  expected_details: keptObject.optional(),
  portrait_image: z
    .string()
    .max(Math.ceil((MAX_PORTRAIT_BYTES * 4) / 3) + 1024, {
      error: 'The portrait must be at most 2 MB.',
    })
    .optional(),
  /** Ours: `enrolment` stores the person's face instead of comparing with it. */
  purpose: z.enum(['sign_in', 'enrolment']).default('sign_in'),
});

export type CreateSessionBody = z.infer<typeof createSessionSchema>;

/** The answer to `POST /v3/session/`, 201. */
export const createdSessionSchema = z.object({
  session_id: z.uuid(),
  session_number: z.number().int(),
  session_kind: z.literal('user'),
  session_token: z.string(),
  url: z.string(),
  vendor_data: z.string().nullable(),
  metadata: z.json().nullable(),
  status: z.enum(SESSION_STATUSES),
  callback: z.string().nullable(),
  workflow_id: z.uuid(),
  workflow_version: z.number().int(),
  /** Ours: how the person will prove presence, and why. `SKIP` when no selfie is needed. */
  method: z.string(),
  entry_reason: z.string(),
  /** Ours: the approval assertion, only when the selfie was skipped. Redeem it within 60 s. */
  code: z.string().optional(),
});

export type CreatedSession = z.infer<typeof createdSessionSchema>;

/** `PATCH /v3/session/{id}/update-status/`. */
export const updateStatusSchema = z.object({
  new_status: z.enum(['Approved', 'Declined', 'Resubmitted']),
  comment: storableText.pipe(z.string().max(2000)).optional(),
  /** Both spellings of the contract are taken: objects, and plain feature names. */
  nodes_to_resubmit: z
    .array(z.union([z.string(), z.object({ node_id: z.string(), feature: z.string() })]))
    .max(16)
    .optional(),
  send_email: z.boolean().optional(),
  email_address: z.email().optional(),
  email_language: z.string().max(16).optional(),
});

export type UpdateStatusBody = z.infer<typeof updateStatusSchema>;

/** `DELETE /v3/session/{id}/delete/`; the body is optional. */
export const deleteSessionSchema = z
  .object({
    retain_face_embeddings: z.boolean().nullable().optional(),
    face_retention_days: z.number().int().min(1).max(3650).optional(),
    deletion_instruction: z
      .enum(['operational_session_delete', 'privacy_erasure'])
      .default('operational_session_delete'),
    instruction_id: z.string().max(255).optional(),
  })
  .nullish();

export const FACE_RETENTION_OUTCOMES = [
  'retained_with_user',
  'deleted',
  'none',
  'ineligible_no_vendor_user',
] as const;

export const deletedSessionSchema = z.object({
  session_id: z.uuid(),
  session_number: z.number().int(),
  face_retention_outcome: z.enum(FACE_RETENTION_OUTCOMES),
  biometric_template_uuid: z.uuid().nullable(),
});

export type DeletedSession = z.infer<typeof deletedSessionSchema>;

const statusList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.enum(SESSION_STATUSES)));

/** `GET /v3/sessions/`. */
export const listSessionsSchema = z.object({
  session_kind: z.enum(['user', 'business', 'all']).default('user'),
  vendor_data: storableText.pipe(z.string().max(255)).optional(),
  status: statusList.optional(),
  workflow_id: z.uuid().optional(),
  date_from: z.iso.datetime({ offset: true }).or(z.iso.date()).optional(),
  date_to: z.iso.datetime({ offset: true }).or(z.iso.date()).optional(),
  search: storableText.pipe(z.string().max(255)).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
});

export type ListSessionsQuery = z.infer<typeof listSessionsSchema>;

/** What the app states about the sign-in, read from `metadata` (an object, or an object as text). */
export interface SignInContext {
  deviceId: string | null;
  fromIp: string | null;
}

/** Reads `device_id` and `from_ip` out of metadata; anything that is not usable text is absent. */
export function signInContext(metadata: JsonValue | undefined): SignInContext {
  const object = typeof metadata === 'string' ? parseObject(metadata) : metadata;
  if (object === null || typeof object !== 'object' || Array.isArray(object)) {
    return { deviceId: null, fromIp: null };
  }
  const text = (value: JsonValue | undefined) =>
    typeof value === 'string' && value.trim() !== '' && value.length <= 255 ? value.trim() : null;
  return { deviceId: text(object.device_id), fromIp: text(object.from_ip) };
}

function parseObject(text: string): JsonValue | null {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}
