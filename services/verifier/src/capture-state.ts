import { deserialize, serialize } from 'node:v8';
import type { AnalysedFace, Move, RefusalReason } from '@regard/face';
import { seal, unseal } from '@regard/service-kit';

/** An open challenge: which head turns were asked for and the frames that have come. */
export interface ChallengeState {
  kind: 'challenge';
  /** Names this challenge; frames of another one are refused. */
  nonce: string;
  moves: Move[];
  /** Unix milliseconds. */
  expiresAt: number;
  /** The frontal frame, then one a move, in order. */
  frames: AnalysedFace[];
  /** Frames that could not be used and may be sent again. */
  unusable: RefusalReason[];
}

/** An enrolment under way. */
export interface EnrolmentState {
  kind: 'enrolment';
  frames: Pick<AnalysedFace, 'embedding' | 'digest' | 'liveness' | 'quality'>[];
}

export type CaptureState = ChallengeState | EnrolmentState;

const contextOf = (sessionId: string) => `biometrics.sessions.capture_state:${sessionId}`;

/** Work between two frames is biometric data: it is stored sealed, so any copy can go on with it. */
export function sealState(state: CaptureState, key: Buffer, sessionId: string): Buffer {
  const plain = serialize(state);
  const sealed = seal(plain, key, contextOf(sessionId));
  plain.fill(0);
  return sealed;
}

/** @throws Error when it was sealed with another key or for another session */
export function openState(
  sealed: Buffer | null,
  key: Buffer,
  sessionId: string,
): CaptureState | null {
  if (sealed === null) return null;
  // Not wiped: the embeddings in the state may be views of these very bytes.
  return deserialize(unseal(sealed, key, contextOf(sessionId))) as CaptureState;
}
