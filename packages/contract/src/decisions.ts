import { z } from 'zod';
import { FEATURE_STATUSES } from './statuses.ts';

/** `feature` of a warning. Face match is written without an underscore here, as the contract does. */
export const warningSchema = z.object({
  feature: z.string().max(64),
  /** Stable code, e.g. `NO_FACE_DETECTED`. */
  risk: z.string().max(128),
  additional_data: z.json().nullable().default(null),
  /** `error` declines the feature, `warning` sends it to review, `information` does nothing. */
  log_type: z.enum(['information', 'warning', 'error']),
  short_description: z.string().max(500).default(''),
  long_description: z.string().max(2000).default(''),
  node_id: z.string().max(128).nullable().default(null),
});

export type Warning = z.infer<typeof warningSchema>;

const feature = {
  node_id: z.string().max(128).nullable().default(null),
  status: z.enum(FEATURE_STATUSES),
  /** 0-100; null when it could not be computed. */
  score: z.number().min(0).max(100).nullable().default(null),
  warnings: z.array(warningSchema).max(64).default([]),
};

export const livenessCheckSchema = z.object({
  ...feature,
  method: z.string().transform((name) => name.toUpperCase()),
  reference_image: z.string().nullable().default(null),
  video_url: z.string().nullable().default(null),
  face_quality: z.number().nullable().default(null),
  face_luminance: z.number().nullable().default(null),
});

export type LivenessCheck = z.infer<typeof livenessCheckSchema>;

export const faceMatchSchema = z.object({
  ...feature,
  source_image: z.string().nullable().default(null),
  target_image: z.string().nullable().default(null),
  source_image_session_id: z.string().nullable().default(null),
});

export type FaceMatch = z.infer<typeof faceMatchSchema>;

/** The flat blocks that short integration guides show, beside the arrays (docs/api/contract.md). */
export interface FlatBlocks {
  liveness?: { status: string; method: string; score: number | null };
  face?: { status: string; similarity_score: number | null };
}

/** Derives the flat blocks from the arrays; the similarity is on the 0-1 scale there. */
export function flatBlocks(
  liveness: readonly LivenessCheck[] | null,
  faces: readonly FaceMatch[] | null,
): FlatBlocks {
  const live = liveness?.at(-1);
  const face = faces?.at(-1);
  return {
    ...(live && { liveness: { status: live.status, method: live.method, score: live.score } }),
    ...(face && {
      face: {
        status: face.status,
        similarity_score: face.score === null ? null : round2(face.score / 100),
      },
    }),
  };
}

/** Scores travel with at most two decimals, so that every language prints them alike. */
export function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
