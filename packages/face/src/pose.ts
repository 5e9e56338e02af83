// Where a head looks, from its mesh. Good to a few degrees: enough to ask for a turn and see it made.
import { angleBetween, distance } from './geometry.ts';
import { MESH, type MeshPoint } from './landmarks.ts';

export interface Pose {
  /** Positive when the person turns to their own left: the nose moves right in an unmirrored image. */
  yawDegrees: number;
  /** Positive when the face looks up. */
  pitchDegrees: number;
  /** Positive when the head leans clockwise on an unmirrored image. */
  rollDegrees: number;
}

/** What the formula gives for a face that looks straight ahead: its nose tip is nearer the chin. */
const PITCH_AT_REST = -10;

export function poseOf(points: readonly MeshPoint[]): Pose {
  const at = (name: keyof typeof MESH) => points[MESH[name]]!;
  const nose = at('noseTip');
  return {
    yawDegrees: leaning(distance(nose, at('rightFaceEdge')), distance(nose, at('leftFaceEdge'))),
    pitchDegrees:
      leaning(distance(nose, at('chin')), distance(nose, at('forehead'))) - PITCH_AT_REST,
    rollDegrees: degrees(angleBetween(at('rightEyeOuter'), at('leftEyeOuter'))),
  };
}

/** A nose halfway between two edges leans to neither; at one edge, by a right angle. */
const leaning = (away: number, towards: number): number =>
  degrees(Math.asin((away - towards) / (away + towards)));

const degrees = (radians: number): number => (radians * 180) / Math.PI;
