import { createMotionPlan, type Move } from '@regard/face';
import { randomText } from '@regard/service-kit';
import { attemptsLeft } from '../capture-answer.ts';
import { type ChallengeState, openState, sealState } from '../capture-state.ts';
import type { VerifierContext } from '../context.ts';
import { noUsableFrame } from '../findings.ts';
import { changeSession } from '../session-store.ts';
import { finishSession } from './change-status.ts';
import type { OpenCapture } from './open-capture.ts';
import { settleCapture } from './settle-capture.ts';

/** Time for all frames of a challenge: enough for a slow network, too short to render a fake. */
export const CHALLENGE_SECONDS = 45;

export type StartedChallenge =
  | { ok: true; nonce: string; moves: Move[]; expiresInSeconds: number }
  /** Every challenge was used up: the session has ended. */
  | { ok: false };

/**
 * ACTIVE_3D: asks for two or three head turns chosen at random. Each challenge costs one attempt,
 * so nobody can draw until an order comes up that a recording fits. One that has no frame yet is
 * given again: reloading the page costs nothing.
 */
export async function startChallenge(
  context: VerifierContext,
  { session, workflow }: OpenCapture,
): Promise<StartedChallenge> {
  const { templateKey, randomInt } = context;
  return settleCapture<StartedChallenge>(context, session.id, async (trx, locked, at) => {
    const open = openState(locked.capture_state, templateKey, locked.id);
    if (isUntouched(open, at)) return { answer: answerOf(open, at), event: null };
    if (attemptsLeft(workflow, locked) === 0) {
      const findings = noUsableFrame(workflow, null);
      const event = await finishSession(trx, locked, 'Declined', findings, at);
      return { answer: { ok: false }, event };
    }
    const challenge: ChallengeState = {
      kind: 'challenge',
      nonce: randomText(22),
      moves: createMotionPlan(randomInt, 2 + randomInt(2)),
      expiresAt: at.getTime() + CHALLENGE_SECONDS * 1000,
      frames: [],
      unusable: [],
    };
    await changeSession(trx, locked, {
      capture_state: sealState(challenge, templateKey, locked.id),
      attempts_used: locked.attempts_used + 1,
    });
    return { answer: answerOf(challenge, at), event: null };
  });
}

function isUntouched(state: unknown, at: Date): state is ChallengeState {
  const challenge = state as ChallengeState | null;
  return (
    challenge?.kind === 'challenge' &&
    challenge.expiresAt > at.getTime() &&
    challenge.frames.length + challenge.unusable.length === 0
  );
}

function answerOf({ nonce, moves, expiresAt }: ChallengeState, at: Date): StartedChallenge {
  const expiresInSeconds = Math.floor((expiresAt - at.getTime()) / 1000);
  return { ok: true, nonce, moves, expiresInSeconds };
}
