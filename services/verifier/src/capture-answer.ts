import { type ErrorCode, RegardError } from '@regard/contract';
import type { RefusalReason } from '@regard/face';
import type { FinishedStatus, SessionRow } from './schema.ts';
import type { VerifierWorkflow } from './workflows.ts';

/** What came of one frame. */
export type CaptureAnswer =
  /** The capture is complete. 200. */
  | { kind: 'finished'; status: FinishedStatus }
  /** The frame was taken, more are wanted. 200. */
  | { kind: 'more'; framesLeft: number; attemptsLeft: number }
  /** The head turns were not made; a new challenge may be asked for. 200. */
  | { kind: 'new-challenge'; attemptsLeft: number }
  /** The frame cannot be used. 422, with advice. */
  | {
      kind: 'refused';
      reason: FrameRefusal;
      /** Advice for the person, where the catalogue's own is not enough. */
      detail?: string;
      /** 0: the session has ended with this frame. */
      attemptsLeft: number;
      next: NextStep;
    };

/** What the page does next: send this frame again, start a new challenge, or wait for the outcome. */
export type NextStep = 'frame' | 'challenge' | 'outcome';

export type FrameRefusal = RefusalReason | 'DIFFERENT_PERSON';

/** Refusals are errors of the catalogue; their names differ by the prefix only. */
export function refusalError(refused: Extract<CaptureAnswer, { kind: 'refused' }>): RegardError {
  const code: ErrorCode = `RGD_${refused.reason}`;
  return new RegardError(code, {
    ...(refused.detail !== undefined && { detail: refused.detail }),
    extra: { attempts_left: refused.attemptsLeft, next: refused.next },
  });
}

export function attemptsLeft(
  workflow: VerifierWorkflow,
  session: Pick<SessionRow, 'attempts_used'>,
): number {
  return Math.max(0, workflow.maxAttempts - session.attempts_used);
}
