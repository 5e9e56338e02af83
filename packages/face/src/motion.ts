// ACTIVE_3D: whether a head made the turns it was asked for, in order, as a solid head makes them.
import type { AnalysedFace } from './analysis.ts';
import { type Calibration, fusedAt } from './calibration.ts';
import { fusedScore } from './embedding.ts';
import { apply, distance, fitAffine, mean, type Point } from './geometry.ts';
import { MESH, type MeshPoint } from './landmarks.ts';

/** The person's own left and right. On an unmirrored picture the nose moves right for `left`. */
export const MOVES = ['left', 'right'] as const;
export type Move = (typeof MOVES)[number];

export type MotionFault =
  | 'WRONG_ORDER'
  | 'NOT_TURNED'
  | 'WRONG_DIRECTION'
  | 'DIFFERENT_PERSON'
  | 'REPEATED_FRAME'
  | 'FLAT';

export interface MotionJudgement {
  passed: boolean;
  /** 0..100: how clearly the turns were made; at most 5 when anything is wrong. */
  score: number;
  /** What is wrong, each once; empty when it passed. */
  reasons: MotionFault[];
}

export interface MotionEvidence {
  /** The face looking straight ahead. */
  frontal: AnalysedFace;
  /** One frame a move, as they came. */
  frames: readonly { move: Move; analysis: AnalysedFace }[];
  /** What was asked for. */
  plan: readonly Move[];
  calibration: Calibration;
}

/** A turn counts from this change of yaw against the frontal frame. People reach 20 with ease. */
export const MIN_TURN_DEGREES = 12;
/** A turn of this much is as clear as it gets. */
const CLEAR_TURN_DEGREES = 20;
/**
 * How far the nose tip must leave where the eyes and mouth, moved as a flat picture, would put it,
 * in distances between the eyes. A turned print keeps it in place.
 */
export const MIN_NOSE_PARALLAX = 0.05;
/**
 * How much narrower than its yaw explains a turned face may be, as a share of its width. A picture
 * has to be turned twice as far as a head to look as turned, and gets narrow by it.
 */
const WIDTH_TOLERANCE = 0.06;
/** Turned frames have to match the frontal one at least as well as a face that is worth a review. */
const SAME_PERSON_SCORE = 50;
const FAULTY_SCORE = 5;

/**
 * A random order of turns, never the same twice in a row.
 *
 * @param randomInt uniform integer of 0 up to, not including, its argument
 * @param length 2 or 3
 */
export function createMotionPlan(randomInt: (below: number) => number, length: number): Move[] {
  if (length < 2 || length > 3) throw new RangeError('a plan has 2 or 3 moves');
  const plan: Move[] = [];
  while (plan.length < length) {
    const choices = MOVES.filter((move) => move !== plan.at(-1));
    plan.push(choices[randomInt(choices.length)]!);
  }
  return plan;
}

/**
 * Judges the frames of a challenge. It stops pictures that are shifted or tilted, most that are
 * turned before an ordinary camera, and frames that are repeated or in another order. It does not
 * stop a picture turned close to a wide-angle camera, a bent one, a film of the person that happens
 * to fit, or a rendered or injected head.
 */
export function judgeMotion({
  frontal,
  frames,
  plan,
  calibration,
}: MotionEvidence): MotionJudgement {
  const reasons = new Set<MotionFault>();
  const asked = frames.map(({ move }) => move);
  if (asked.length !== plan.length || asked.some((move, i) => move !== plan[i])) {
    reasons.add('WRONG_ORDER');
  }
  const digests = [frontal, ...frames.map(({ analysis }) => analysis)].map(({ digest }) => digest);
  if (new Set(digests).size < digests.length) reasons.add('REPEATED_FRAME');
  const samePersonFrom = fusedAt(SAME_PERSON_SCORE, calibration);
  let clarity = 100;
  for (const { move, analysis } of frames) {
    const turn = turnTowards(move, frontal, analysis);
    if (turn <= -MIN_TURN_DEGREES) reasons.add('WRONG_DIRECTION');
    else if (turn < MIN_TURN_DEGREES) reasons.add('NOT_TURNED');
    else if (isFlat(frontal, analysis, turn)) reasons.add('FLAT');
    if (!(fusedScore(frontal.embedding, analysis.embedding) >= samePersonFrom)) {
      reasons.add('DIFFERENT_PERSON');
    }
    clarity = Math.min(clarity, (turn / CLEAR_TURN_DEGREES) * 100);
  }
  const passed = reasons.size === 0;
  const score = Math.max(0, Math.min(passed ? 100 : FAULTY_SCORE, clarity));
  return { passed, score: Math.round(score * 10) / 10, reasons: [...reasons] };
}

/** Degrees the head turned in the asked direction since the frontal frame. */
function turnTowards(move: Move, frontal: AnalysedFace, turned: AnalysedFace): number {
  const change = turned.pose.yawDegrees - frontal.pose.yawDegrees;
  return move === 'left' ? change : -change;
}

function isFlat(frontal: AnalysedFace, turned: AnalysedFace, turnDegrees: number): boolean {
  if (noseParallax(frontal, turned) < MIN_NOSE_PARALLAX) return true;
  // A head's true angle is smaller than its yaw here, so the cosine leaves people room.
  const explained = Math.cos((turnDegrees * Math.PI) / 180);
  return widthToHeight(turned) / widthToHeight(frontal) < explained - WIDTH_TOLERANCE;
}

/** Distance between the eyes over the distance from the eyes to the mouth. */
function widthToHeight({ landmarks }: AnalysedFace): number {
  const at = (name: keyof typeof MESH) => pointAt(landmarks, MESH[name]);
  const [rightEye, leftEye] = [at('rightEyeOuter'), at('leftEyeOuter')];
  const mouth = mean([at('rightMouthCorner'), at('leftMouthCorner')]);
  return distance(rightEye, leftEye) / distance(mean([rightEye, leftEye]), mouth);
}

/** Points that lie about in one plane, behind the tip of the nose. */
const PLANE = [
  MESH.rightEyeOuter,
  MESH.rightEyeInner,
  MESH.leftEyeInner,
  MESH.leftEyeOuter,
  MESH.rightMouthCorner,
  MESH.leftMouthCorner,
];

/**
 * How far the nose tip is from where a flat picture's would be, in distances between the eyes of
 * the turned face.
 */
export function noseParallax(frontal: AnalysedFace, turned: AnalysedFace): number {
  const from = PLANE.map((index) => pointAt(frontal.landmarks, index));
  const to = PLANE.map((index) => pointAt(turned.landmarks, index));
  const moved = apply(fitAffine(from, to), pointAt(frontal.landmarks, MESH.noseTip));
  const eyes = distance(to[0]!, to[3]!);
  return distance(moved, pointAt(turned.landmarks, MESH.noseTip)) / eyes;
}

function pointAt(points: readonly MeshPoint[], index: number): Point {
  return points[index]!;
}
