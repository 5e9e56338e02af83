// Finds faces with BlazeFace and merges its overlapping answers.
import { resizeImage } from './decode.ts';
import type { Point, RawImage } from './geometry.ts';
import type { Nets } from './nets.ts';

/** A face of the image; positions and sizes in its pixels. */
export interface DetectedFace {
  /** How sure the net is, 0..1. */
  score: number;
  centre: Point;
  width: number;
  height: number;
  /** The eye further left in an upright image (the person's right one), and the other. */
  eyes: readonly [Point, Point];
}

const SIDE = 256;
const MIN_SCORE = 0.4;
/** Answers that overlap more than this (intersection over union) are one face. */
const SAME_FACE_OVERLAP = 0.3;
/** Numbers per anchor: centre, size, then six points of which the eyes come first. */
const NUMBERS = 16;

const ANCHORS_FINE = anchors(16, 2);
const ANCHORS_COARSE = anchors(32, 6);

/** All faces, surest first. */
export async function detectFaces(nets: Nets, image: RawImage): Promise<DetectedFace[]> {
  const scale = SIDE / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const left = (SIDE - width) >> 1;
  const top = (SIDE - height) >> 1;
  const small = await resizeImage(image, width, height);
  const output = await nets.run('blazeface', letterbox(small, left, top));

  const toImage = (x: number, y: number): Point => ({
    x: ((x - left) / width) * image.width,
    y: ((y - top) / height) * image.height,
  });
  const faces: DetectedFace[] = [];
  const collect = (scores: Float32Array, boxes: Float32Array, grid: readonly Point[]) => {
    grid.forEach((anchor, i) => {
      const score = 1 / (1 + Math.exp(-scores[i]!));
      if (score < MIN_SCORE) return;
      const box = boxes.subarray(i * NUMBERS, (i + 1) * NUMBERS);
      const pointAt = (k: number) => toImage(box[k]! + anchor.x, box[k + 1]! + anchor.y);
      faces.push({
        score,
        centre: pointAt(0),
        width: (box[2]! / width) * image.width,
        height: (box[3]! / height) * image.height,
        eyes: [pointAt(4), pointAt(6)],
      });
    });
  };
  collect(output.scoresFine, output.boxesFine, ANCHORS_FINE);
  collect(output.scoresCoarse, output.boxesCoarse, ANCHORS_COARSE);
  return mergeOverlapping(faces);
}

export const areaOf = (face: DetectedFace): number => face.width * face.height;

/** The face the picture is of: sure, large and near the middle. */
export function mainFace(
  faces: readonly DetectedFace[],
  image: RawImage,
): DetectedFace | undefined {
  const weight = (face: DetectedFace) => {
    const x = face.centre.x / image.width - 0.5;
    const y = face.centre.y / image.height - 0.5;
    return face.score * areaOf(face) * Math.exp(-8 * (x * x + y * y));
  };
  return faces.toSorted((one, other) => weight(other) - weight(one))[0];
}

/** Pixels as −1..1 in the middle of a black square. */
function letterbox(image: RawImage, left: number, top: number): Float32Array {
  const square = new Float32Array(SIDE * SIDE * 3).fill(-1);
  const row = image.width * 3;
  for (let y = 0; y < image.height; y++) {
    const start = ((y + top) * SIDE + left) * 3;
    for (let x = 0; x < row; x++) square[start + x] = image.data[y * row + x]! / 127.5 - 1;
  }
  return square;
}

/** Each group of overlapping faces becomes their mean, weighted by score. */
function mergeOverlapping(faces: readonly DetectedFace[]): DetectedFace[] {
  let rest = faces.toSorted((one, other) => other.score - one.score);
  const merged: DetectedFace[] = [];
  for (let best = rest[0]; best; best = rest[0]) {
    const seed = best;
    const group = rest.filter((face) => face === seed || overlap(seed, face) > SAME_FACE_OVERLAP);
    rest = rest.filter((face) => !group.includes(face));
    merged.push(weightedMean(group));
  }
  return merged;
}

function weightedMean(group: readonly DetectedFace[]): DetectedFace {
  const total = group.reduce((sum, face) => sum + face.score, 0);
  const average = (pick: (face: DetectedFace) => number) =>
    group.reduce((sum, face) => sum + face.score * pick(face), 0) / total;
  const averagePoint = (pick: (face: DetectedFace) => Point): Point => ({
    x: average((face) => pick(face).x),
    y: average((face) => pick(face).y),
  });
  return {
    score: group[0]!.score,
    centre: averagePoint((face) => face.centre),
    width: average((face) => face.width),
    height: average((face) => face.height),
    eyes: [averagePoint((face) => face.eyes[0]), averagePoint((face) => face.eyes[1])],
  };
}

function overlap(one: DetectedFace, other: DetectedFace): number {
  const across = shared(one.centre.x, one.width, other.centre.x, other.width);
  const down = shared(one.centre.y, one.height, other.centre.y, other.height);
  const both = across * down;
  return both / (areaOf(one) + areaOf(other) - both);
}

/** Length that two centred stretches have in common. */
const shared = (centre: number, size: number, otherCentre: number, otherSize: number): number =>
  Math.max(
    0,
    Math.min(centre + size / 2, otherCentre + otherSize / 2) -
      Math.max(centre - size / 2, otherCentre - otherSize / 2),
  );

/** Centres of a square grid of cells, each `repeats` times. */
function anchors(cell: number, repeats: number): Point[] {
  const cells = SIDE / cell;
  return Array.from({ length: cells * cells * repeats }, (_, i) => {
    const at = Math.floor(i / repeats);
    return { x: ((at % cells) + 0.5) * cell, y: (Math.floor(at / cells) + 0.5) * cell };
  });
}
