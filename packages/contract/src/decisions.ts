import type { JsonValue } from './json.ts';
import type { FeatureStatus } from './statuses.ts';

/** Ids of the workflow nodes whose results stand in a decision: a workflow has one of each. */
export const NODE_IDS = { LIVENESS: 'liveness-1', FACE_MATCH: 'face-1' } as const;

/** A risk that was found. */
export interface Warning {
  /** `LIVENESS` or `FACEMATCH`, without an underscore here, as the contract has it. */
  feature: string;
  /** Stable code, e.g. `NO_FACE_DETECTED`. */
  risk: string;
  additional_data: JsonValue | null;
  /** `error` declines the feature, `warning` sends it to review, `information` does nothing. */
  log_type: 'information' | 'warning' | 'error';
  short_description: string;
  long_description: string;
  node_id: string | null;
}

interface FeatureResult {
  node_id: string | null;
  status: FeatureStatus;
  /** 0-100; null when it could not be computed. */
  score: number | null;
  warnings: Warning[];
}

export interface LivenessCheck extends FeatureResult {
  method: string;
  reference_image: string | null;
  video_url: string | null;
  face_quality: number | null;
  face_luminance: number | null;
}

export interface FaceMatch extends FeatureResult {
  source_image: string | null;
  target_image: string | null;
  source_image_session_id: string | null;
}

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
