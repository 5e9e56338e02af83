import { z } from 'zod';
import type { JsonObject } from './json.ts';
import { SESSION_STATUSES, type SessionStatus } from './statuses.ts';

const unixSeconds = z.number().int().min(0).max(9_999_999_999);

const score = z.number().min(0).max(100).nullish();
const word = z.string().max(64);

/** What is read of a feature's result; whatever else a provider sends with it is not looked at. */
const featureResult = {
  status: word,
  score,
  warnings: z
    .array(z.object({ feature: word, risk: z.string().max(128), log_type: word }))
    .max(256)
    .nullish(),
};

/** A provider's webhook as it arrives: the v3 arrays, the flat blocks, or both. */
export const incomingWebhookSchema = z.object({
  event_id: z.uuid().nullish(),
  webhook_type: word,
  timestamp: unixSeconds,
  created_at: unixSeconds.nullish(),
  session_id: z.uuid(),
  status: z.enum(SESSION_STATUSES),
  metadata: z.json().optional(),
  decision: z
    .object({
      liveness_checks: z
        .array(
          z.object({
            ...featureResult,
            method: word,
            face_quality: z.number().nullish(),
            face_luminance: z.number().nullish(),
          }),
        )
        .max(16)
        .nullish(),
      face_matches: z.array(z.object(featureResult)).max(16).nullish(),
    })
    .nullish(),
  liveness: z.object({ status: word, method: word, score }).nullish(),
  face: z.object({ status: word, similarity_score: z.number().min(0).max(1).nullish() }).nullish(),
});

export type IncomingWebhook = z.infer<typeof incomingWebhookSchema>;

/**
 * What we keep of a provider's webhook: the facts a decision needs, no name, no picture, no metadata.
 * This is also the payload of the queue.
 */
export const verdictSchema = z.object({
  eventId: z.string(),
  /** The session at the provider. */
  providerSessionId: z.uuid(),
  /** Our session, as echoed by the provider in metadata; null when it did not echo it. */
  sessionId: z.uuid().nullable(),
  status: z.enum(SESSION_STATUSES),
  /** Unix seconds at which the fact arose at the provider. */
  occurredAt: z.number().int(),
  liveness: z
    .object({ method: z.string(), score: z.number().nullable(), status: z.string() })
    .nullable(),
  face: z.object({ score: z.number().nullable(), status: z.string() }).nullable(),
  /** Risk codes the provider warned of, with their weight. */
  warnings: z.array(z.object({ feature: z.string(), risk: z.string(), logType: z.string() })),
  /** Capture figures for the decision object. */
  quality: z.object({ face: z.number().nullable(), luminance: z.number().nullable() }).nullable(),
});

export type Verdict = z.infer<typeof verdictSchema>;

/** Key in the provider session's metadata under which our session id is echoed back. */
export const SESSION_ECHO_KEY = 'regard_session_id';

/**
 * Reduces a webhook to a verdict. The newest item of each array counts; without arrays the flat
 * blocks are read. A provider that sends no event id gets one from session, type and timestamp.
 */
export function toVerdict(webhook: IncomingWebhook): Verdict {
  const live = webhook.decision?.liveness_checks?.at(-1);
  const face = webhook.decision?.face_matches?.at(-1);
  return {
    eventId:
      webhook.event_id ?? `${webhook.session_id}_${webhook.webhook_type}_${webhook.timestamp}`,
    providerSessionId: webhook.session_id,
    sessionId: echoedSessionId(webhook),
    status: webhook.status,
    occurredAt: webhook.created_at ?? webhook.timestamp,
    liveness: live
      ? { method: methodOf(live.method), score: live.score ?? null, status: live.status }
      : flatLiveness(webhook),
    face: face ? { score: face.score ?? null, status: face.status } : flatFace(webhook),
    warnings: heaviest([...(live?.warnings ?? []), ...(face?.warnings ?? [])]),
    quality: live
      ? { face: live.face_quality ?? null, luminance: live.face_luminance ?? null }
      : null,
  };
}

/** Most warnings a verdict keeps: a queue's payload is bounded, and the heaviest decide. */
const MAX_WARNINGS = 16;

type IncomingWarning = { feature: string; risk: string; log_type: string };

/** Each risk once, errors before warnings before information. */
function heaviest(warnings: readonly IncomingWarning[]): Verdict['warnings'] {
  const weight = (logType: string) => ['error', 'warning'].indexOf(logType) >>> 0;
  const byRisk = new Map<string, IncomingWarning>();
  for (const warning of warnings) {
    const known = byRisk.get(warning.risk);
    if (known && weight(known.log_type) <= weight(warning.log_type)) continue;
    byRisk.set(warning.risk, warning);
  }
  return [...byRisk.values()]
    .sort((a, b) => weight(a.log_type) - weight(b.log_type))
    .slice(0, MAX_WARNINGS)
    .map(({ feature, risk, log_type: logType }) => ({ feature, risk, logType }));
}

/** Method names in the case of the contract; `ACTIVE` is what short guides call ACTIVE_3D. */
function methodOf(name: string): string {
  const upper = name.toUpperCase();
  return upper === 'ACTIVE' ? 'ACTIVE_3D' : upper;
}

/** Statuses that end the provider's part: the person has nothing left to do there. */
export function isOutcome(status: SessionStatus): boolean {
  return status !== 'Not Started' && status !== 'In Progress' && status !== 'Resubmitted';
}

function flatLiveness({ liveness }: IncomingWebhook): Verdict['liveness'] {
  if (!liveness) return null;
  const { status, score } = liveness;
  return { method: methodOf(liveness.method), score: score ?? null, status };
}

function flatFace({ face }: IncomingWebhook): Verdict['face'] {
  if (!face) return null;
  const similarity = face.similarity_score ?? null;
  return { score: similarity === null ? null : similarity * 100, status: face.status };
}

function echoedSessionId({ metadata }: IncomingWebhook): string | null {
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) return null;
  const echoed = z.uuid().safeParse((metadata as JsonObject)[SESSION_ECHO_KEY]);
  return echoed.success ? echoed.data : null;
}
