// What the engine says about one image.
import type { MeshPoint } from './landmarks.ts';
import type { Pose } from './pose.ts';
import type { FaceQuality } from './quality.ts';

/** Why an image cannot be used, each with advice for the person in `detail`. */
export type RefusalReason =
  | 'NOT_AN_IMAGE'
  | 'IMAGE_TOO_LARGE'
  | 'NO_FACE'
  | 'MULTIPLE_FACES'
  | 'FACE_TOO_SMALL'
  | 'TOO_BLURRED'
  | 'TOO_DARK'
  | 'TOO_BRIGHT';

/** Milliseconds spent in each stage; stages that a refusal cut off are missing. */
export type Timings = Record<string, number>;

/** A box in pixels of the analysed image. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface AnalysedFace {
  ok: true;
  /** 1152 numbers of length 1; the dot product of two is their similarity (`fusedScore`). */
  embedding: Float32Array;
  quality: FaceQuality;
  /** A risk signal of little worth on its own, 0..100: it may send to review, never approve. */
  liveness: { score: number; experimental: true };
  box: Box;
  /** Other faces, each smaller than 30 % of the main one. */
  otherFaces: readonly Box[];
  /** The upright image the pixels above refer to: the upload, its longer side at most 1280. */
  image: { width: number; height: number };
  /** SHA-256 of the uploaded bytes, hex: the same frame sent twice shows. */
  digest: string;
  pose: Pose;
  /** The 468 mesh points, for checks of shape and motion. Biometric data: never store or log. */
  landmarks: readonly MeshPoint[];
  timings: Timings;
}

export interface RefusedImage {
  ok: false;
  reason: RefusalReason;
  detail: string;
  digest: string;
  timings: Timings;
}

export type FaceAnalysis = AnalysedFace | RefusedImage;

export const ADVICE: Record<RefusalReason, string> = {
  NOT_AN_IMAGE: 'This file is not a photo we can read. Please use a JPEG, PNG or WebP picture.',
  IMAGE_TOO_LARGE: 'This photo is too large. Please use one of at most 12 megapixels.',
  NO_FACE: 'No face was found. Please face the camera, in good light, with nothing covering you.',
  MULTIPLE_FACES: 'More than one face is in the picture. Please be alone in front of the camera.',
  FACE_TOO_SMALL: 'Your face is too far away. Please come closer to the camera.',
  TOO_BLURRED: 'The picture is blurred. Please hold still and wipe the lens.',
  TOO_DARK: 'The picture is too dark. Please turn towards a light.',
  TOO_BRIGHT: 'The picture is too bright. Please turn away from direct light.',
};
