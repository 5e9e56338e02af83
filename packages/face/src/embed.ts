// Describes a face by two nets, each fed the crop it was trained on.
import type { DetectedFace } from './detect.ts';
import { DLIB_INPUT_SIZE } from './dlib-to-onnx.ts';
import { unit } from './embedding.ts';
import {
  angleBetween,
  cropToBox,
  fitSimilarity,
  mirror,
  type PixelFormat,
  type RawImage,
  sampleCrop,
} from './geometry.ts';
import { type FaceMesh, MESH } from './landmarks.ts';
import type { NetName, Nets } from './nets.ts';

/** Changes when anything between pixels and embedding does: templates of before no longer match. */
export const PREPROCESSING_VERSION = 1;

/** dlib's face chip: where four eye corners and the nose base lie, in shares of its inner square. */
const DLIB_POINTS = [
  { x: 0.8595674596, y: 0.2134981538 },
  { x: 0.6460604764, y: 0.2289674388 },
  { x: 0.1205750621, y: 0.2137274527 },
  { x: 0.3340850614, y: 0.2290642403 },
  { x: 0.4901123136, y: 0.6277975316 },
];
const DLIB_PADDING = 0.25;
const DLIB_CHIP = DLIB_POINTS.map(({ x, y }) => ({
  x: ((DLIB_PADDING + x) / (2 * DLIB_PADDING + 1)) * DLIB_INPUT_SIZE,
  y: ((DLIB_PADDING + y) / (2 * DLIB_PADDING + 1)) * DLIB_INPUT_SIZE,
}));
const DLIB_MESH_POINTS = [
  MESH.leftEyeOuter,
  MESH.leftEyeInner,
  MESH.rightEyeOuter,
  MESH.rightEyeInner,
  MESH.noseBase,
];
const DLIB_PIXELS: PixelFormat = {
  scale: 1 / 256,
  offset: [122.782 / 256, 117.001 / 256, 104.298 / 256],
  order: 'rgb',
};

const FACERES_SIDE = 224;
/** The crop's side, in sides of the detected box. */
const FACERES_CROP_SCALE = 1.4;
const FACERES_PIXELS: PixelFormat = {
  scale: 1,
  offset: [103.939, 116.779, 123.68],
  order: 'bgr',
};

/** The dlib description, unit length. With `flip` the mirrored face is averaged in. */
export async function embedDlib(nets: Nets, image: RawImage, mesh: FaceMesh, flip: boolean) {
  const points = DLIB_MESH_POINTS.map((index) => mesh.points[index]!);
  const toImage = fitSimilarity(DLIB_CHIP, points);
  const crop = sampleCrop(image, toImage, DLIB_INPUT_SIZE, DLIB_PIXELS);
  return describe(nets, 'dlib', crop, DLIB_INPUT_SIZE, flip);
}

/** The faceres description, unit length, its mean not yet taken off. */
export async function embedFaceres(nets: Nets, image: RawImage, face: DetectedFace, flip: boolean) {
  const side = Math.max(face.width, face.height) * FACERES_CROP_SCALE;
  const toImage = cropToBox(face.centre, side, angleBetween(...face.eyes), FACERES_SIDE);
  const crop = sampleCrop(image, toImage, FACERES_SIDE, FACERES_PIXELS);
  return describe(nets, 'faceres', crop, FACERES_SIDE, flip);
}

async function describe(
  nets: Nets,
  net: Extract<NetName, 'dlib' | 'faceres'>,
  crop: Float32Array,
  pixels: number,
  flip: boolean,
): Promise<Float32Array> {
  const { embedding } = await nets.run(net, crop);
  if (!flip) return unit(embedding);
  const mirrored = await nets.run(net, mirror(crop, pixels));
  return unit(embedding.map((value, i) => value + mirrored.embedding[i]!));
}
