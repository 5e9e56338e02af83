// Measures how usable a face is. Lenient: only what cannot be matched is refused.
import { MESH_SIDE } from './landmarks.ts';
import type { Pose } from './pose.ts';

export interface Sharpness {
  /** Variance of the grey face's Laplacian at the scale the nets see, values of 0..255. */
  sharpness: number;
  /** Mean lightness of the face, 0 black to 100 white. */
  luminance: number;
}

export interface FaceQuality extends Sharpness, Pose {
  /** The longer side of the face's box, pixels of the analysed image. */
  faceSizePx: number;
  /** All of it in one number, 0..100; for a hint to the person, not for a decision. */
  score: number;
}

export interface QualityLimits {
  minFaceSizePx: number;
  minSharpness: number;
  minLuminance: number;
  maxLuminance: number;
}

export const DEFAULT_QUALITY_LIMITS: QualityLimits = {
  minFaceSizePx: 60,
  minSharpness: 4,
  minLuminance: 8,
  maxLuminance: 94,
};

export type QualityFault = 'FACE_TOO_SMALL' | 'TOO_BLURRED' | 'TOO_DARK' | 'TOO_BRIGHT';

/** Measures the middle of the mesh crop, which the face fills. */
export function measureLight(crop: Float32Array): Sharpness {
  const grey = (x: number, y: number): number => {
    const i = (y * MESH_SIDE + x) * 3;
    return 255 * (0.299 * crop[i]! + 0.587 * crop[i + 1]! + 0.114 * crop[i + 2]!);
  };
  const from = Math.round(MESH_SIDE * 0.25);
  const to = MESH_SIDE - from;
  let sum = 0;
  let edges = 0;
  let edgesSquared = 0;
  for (let y = from; y < to; y++) {
    for (let x = from; x < to; x++) {
      const here = grey(x, y);
      const edge = 4 * here - grey(x - 1, y) - grey(x + 1, y) - grey(x, y - 1) - grey(x, y + 1);
      sum += here;
      edges += edge;
      edgesSquared += edge * edge;
    }
  }
  const pixels = (to - from) ** 2;
  return {
    sharpness: edgesSquared / pixels - (edges / pixels) ** 2,
    luminance: (sum / pixels / 255) * 100,
  };
}

/** The first thing wrong with a face, or nothing. */
export function faultOf(quality: FaceQuality, limits: QualityLimits): QualityFault | undefined {
  if (quality.faceSizePx < limits.minFaceSizePx) return 'FACE_TOO_SMALL';
  if (quality.luminance < limits.minLuminance) return 'TOO_DARK';
  if (quality.luminance > limits.maxLuminance) return 'TOO_BRIGHT';
  if (quality.sharpness < limits.minSharpness) return 'TOO_BLURRED';
  return undefined;
}

/** Puts the parts together; each weakens the score by how far it is from good. */
export function rateQuality(light: Sharpness, pose: Pose, faceSizePx: number): FaceQuality {
  const parts = [
    ramp(faceSizePx, 40, 160),
    ramp(Math.log10(light.sharpness), 0, 2),
    ramp(light.luminance, 5, 30),
    ramp(100 - light.luminance, 5, 25),
    ramp(90 - Math.abs(pose.yawDegrees), 45, 75),
    ramp(90 - Math.abs(pose.pitchDegrees), 45, 70),
  ];
  const score = Math.round(100 * parts.reduce((product, part) => product * part, 1));
  return { ...light, ...pose, faceSizePx, score };
}

/** 0 at `bad` and below, 1 at `good` and above, a straight line between. */
const ramp = (value: number, bad: number, good: number): number =>
  Math.min(1, Math.max(0, (value - bad) / (good - bad)));
