// Places the 468 points of the MediaPipe face mesh on a detected face.
import type { DetectedFace } from './detect.ts';
import {
  angleBetween,
  apply,
  cropToBox,
  type Point,
  type RawImage,
  sampleCrop,
} from './geometry.ts';
import type { Nets } from './nets.ts';

/** A mesh point in pixels of the image; z grows away from the camera, in about the same unit. */
export interface MeshPoint extends Point {
  z: number;
}

export interface FaceMesh {
  points: readonly MeshPoint[];
  /** How sure the net is that this is a face, 0..1. */
  faceFlag: number;
  /** The level crop the net saw: 192×192 RGB, 0..1. */
  crop: Float32Array;
}

export const MESH_SIDE = 192;
/** The crop's side, in sides of the detected box. */
const CROP_SCALE = 1.5;

/** Indices of mesh points by what they lie on; left and right are the person's own. */
export const MESH = {
  noseTip: 1,
  noseBase: 2,
  forehead: 10,
  chin: 152,
  rightEyeOuter: 33,
  rightEyeInner: 133,
  leftEyeInner: 362,
  leftEyeOuter: 263,
  rightMouthCorner: 61,
  leftMouthCorner: 291,
  rightFaceEdge: 234,
  leftFaceEdge: 454,
} as const;

export async function placeMesh(
  nets: Nets,
  image: RawImage,
  face: DetectedFace,
): Promise<FaceMesh> {
  const side = Math.max(face.width, face.height) * CROP_SCALE;
  const toImage = cropToBox(face.centre, side, angleBetween(...face.eyes), MESH_SIDE);
  const crop = sampleCrop(image, toImage, MESH_SIDE, {
    scale: 1 / 255,
    offset: [0, 0, 0],
    order: 'rgb',
  });
  const { points, faceFlag } = await nets.run('facemesh', crop);
  return {
    points: Array.from({ length: points.length / 3 }, (_, i) => ({
      ...apply(toImage, { x: points[i * 3]!, y: points[i * 3 + 1]! }),
      z: (points[i * 3 + 2]! * side) / MESH_SIDE,
    })),
    faceFlag: faceFlag[0]!,
    crop,
  };
}
