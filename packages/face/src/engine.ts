// The face engine: from the bytes of an upload to an embedding, or to the reason there is none.
import { createHash } from 'node:crypto';
import {
  ADVICE,
  type Box,
  type FaceAnalysis,
  type RefusalReason,
  type Timings,
} from './analysis.ts';
import { decodeImage, resizeImage } from './decode.ts';
import { areaOf, type DetectedFace, detectFaces, mainFace } from './detect.ts';
import { embedDlib, embedFaceres, PREPROCESSING_VERSION } from './embed.ts';
import { FACERES_MEAN, fuse } from './embedding.ts';
import type { RawImage } from './geometry.ts';
import { placeMesh } from './landmarks.ts';
import { livenessOf } from './liveness.ts';
import { loadNets, type Nets } from './nets.ts';
import { poseOf } from './pose.ts';
import {
  DEFAULT_QUALITY_LIMITS,
  faultOf,
  measureLight,
  type QualityLimits,
  rateQuality,
} from './quality.ts';

export interface AnalyzeOptions {
  /** Describe the mirrored face too: a quarter more time, a quarter fewer errors. Default true. */
  flip?: boolean;
}

export interface FaceEngine {
  /**
   * SHA-256, hex, of model bytes, preprocessing version and mean description. Embeddings of two
   * engines with different ids must never be compared.
   */
  readonly id: string;
  /**
   * Looks at one photo. Faults of the photo are outcomes, not errors; it rejects only on faults of
   * the engine. The image is not changed.
   */
  analyze(image: Uint8Array, options?: AnalyzeOptions): Promise<FaceAnalysis>;
}

export interface FaceEngineOptions {
  /** Bounds below or above which a face is refused. */
  quality?: Partial<QualityLimits>;
}

/** A second face of more than this share of the main one's area makes it unclear who signs in. */
const RIVAL_AREA_SHARE = 0.3;
/** Surer than a main face must be: a poster or a shadow behind someone is no second person. */
const RIVAL_MIN_SCORE = 0.6;
const MIN_FACE_FLAG = 0.5;
/** Larger faces are shrunk first, or sampling them down to the nets' inputs would alias. */
const LARGEST_FACE_PX = 400;
const SHRUNK_FACE_PX = 300;

/**
 * An engine in this process, on one thread. Takes about 1.5 seconds and 130 MB.
 * @throws Error when a weight file is missing or not the pinned one
 */
export async function createFaceEngine(options: FaceEngineOptions = {}): Promise<FaceEngine> {
  const limits = { ...DEFAULT_QUALITY_LIMITS, ...options.quality };
  const nets = await loadNets();
  return {
    id: engineId(nets),
    analyze: (image, { flip = true } = {}) => analyze(nets, limits, image, flip),
  };
}

function engineId(nets: Nets): string {
  return createHash('sha256')
    .update(`${nets.hash}:${PREPROCESSING_VERSION}:`)
    .update(Buffer.from(FACERES_MEAN.buffer))
    .digest('hex');
}

async function analyze(
  nets: Nets,
  limits: QualityLimits,
  file: Uint8Array,
  flip: boolean,
): Promise<FaceAnalysis> {
  const timings: Timings = {};
  const timed = stopwatch(timings);
  const digest = createHash('sha256').update(file).digest('hex');
  const refuse = (reason: RefusalReason): FaceAnalysis => ({
    ok: false,
    reason,
    detail: ADVICE[reason],
    digest,
    timings,
  });

  const decoded = await timed('decode', () => decodeImage(file));
  if (!decoded.ok) return refuse(decoded.reason);
  const { image } = decoded;
  const pixels = [image.data];
  try {
    const faces = await timed('detect', () => detectFaces(nets, image));
    const face = mainFace(faces, image);
    if (!face) return refuse('NO_FACE');
    const others = faces.filter((other) => other !== face);
    if (others.some((other) => isRival(other, face))) return refuse('MULTIPLE_FACES');

    const near = await timed('shrink', () => shrinkLargeFace(image, face));
    pixels.push(near.image.data);
    const mesh = await timed('mesh', () => placeMesh(nets, near.image, near.face));
    if (mesh.faceFlag < MIN_FACE_FLAG) return refuse('NO_FACE');
    const pose = poseOf(mesh.points);
    const faceSizePx = Math.max(face.width, face.height);
    const quality = await timed('quality', async () =>
      rateQuality(measureLight(mesh.crop), pose, faceSizePx),
    );
    const fault = faultOf(quality, limits);
    if (fault) return refuse(fault);

    const dlib = await timed('dlib', () => embedDlib(nets, near.image, mesh, flip));
    const faceres = await timed('faceres', () => embedFaceres(nets, near.image, near.face, flip));
    const liveness = await timed('liveness', () => livenessOf(nets, near.image, near.face));
    return {
      ok: true,
      embedding: fuse(dlib, faceres),
      quality,
      liveness: { score: liveness, experimental: true },
      box: boxOf(face),
      otherFaces: others.map(boxOf),
      image: { width: image.width, height: image.height },
      digest,
      pose,
      landmarks: mesh.points,
      timings,
    };
  } finally {
    for (const data of pixels) data.fill(0);
  }
}

const isRival = (other: DetectedFace, face: DetectedFace): boolean =>
  other.score >= RIVAL_MIN_SCORE && areaOf(other) > RIVAL_AREA_SHARE * areaOf(face);

async function shrinkLargeFace(image: RawImage, face: DetectedFace) {
  const size = Math.max(face.width, face.height);
  if (size <= LARGEST_FACE_PX) return { image, face };
  const width = Math.round((image.width * SHRUNK_FACE_PX) / size);
  const height = Math.round((image.height * SHRUNK_FACE_PX) / size);
  return {
    image: await resizeImage(image, width, height),
    face: scaleFace(face, SHRUNK_FACE_PX / size),
  };
}

function scaleFace(face: DetectedFace, factor: number): DetectedFace {
  const scale = ({ x, y }: { x: number; y: number }) => ({ x: x * factor, y: y * factor });
  return {
    score: face.score,
    centre: scale(face.centre),
    width: face.width * factor,
    height: face.height * factor,
    eyes: [scale(face.eyes[0]), scale(face.eyes[1])],
  };
}

const boxOf = (face: DetectedFace): Box => ({
  x: face.centre.x - face.width / 2,
  y: face.centre.y - face.height / 2,
  width: face.width,
  height: face.height,
});

/** Runs a stage and notes how long it took. */
function stopwatch(timings: Timings) {
  return async <T>(stage: string, run: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    try {
      return await run();
    } finally {
      timings[stage] = performance.now() - started;
    }
  };
}
