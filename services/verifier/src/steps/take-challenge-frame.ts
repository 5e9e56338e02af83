import { RegardError } from '@regard/contract';
import {
  type AnalysedFace,
  judgeMotion,
  type MotionJudgement,
  type RefusedImage,
} from '@regard/face';
import { attemptsLeft, type CaptureAnswer } from '../capture-answer.ts';
import { logCapture } from '../capture-log.ts';
import { type ChallengeState, openState, sealState } from '../capture-state.ts';
import type { VerifierContext } from '../context.ts';
import {
  failedMotion,
  judgeCapture,
  type MatchOutcome,
  noUsableFrame,
  statusOf,
} from '../findings.ts';
import type { DatabaseTransaction, SessionRow } from '../schema.ts';
import { changeSession } from '../session-store.ts';
import type { VerifierWorkflow } from '../workflows.ts';
import { finishSession } from './change-status.ts';
import { compareFace } from './compare-face.ts';
import type { OpenCapture } from './open-capture.ts';
import { type Settled, settleCapture } from './settle-capture.ts';

/** Frames of a moving head may be blurred: so many may be sent again before the challenge fails. */
const MAX_UNUSABLE_FRAMES = 3;

export interface ChallengeFrame {
  nonce: string;
  /** 0 is the frontal frame, then one a move. */
  index: number;
  /** The upload; zeros afterwards. */
  image: Buffer;
}

/** What a step of the challenge came to, for the log. */
interface Judged {
  motion?: MotionJudgement;
  match?: MatchOutcome | null;
}

/**
 * ACTIVE_3D: takes the next frame of the open challenge; with the last one the motion is judged and
 * the frontal frame is compared.
 *
 * @throws RegardError RGD_CHALLENGE_MISMATCH for a late or repeated frame, one out of order, or one
 *   of another challenge
 */
export async function takeChallengeFrame(
  context: VerifierContext,
  capture: OpenCapture,
  { nonce, index, image }: ChallengeFrame,
): Promise<CaptureAnswer> {
  const { session } = capture;
  // Before the face work: a frame that does not belong here is not worth it.
  challengeOf(context, session, nonce, index, context.now());
  const analysis = await context.analyse(session.id, image);
  const match = await matchOfLastFrame(context, capture, nonce, index);
  const judged: Judged = {};
  const answer = await settleCapture(context, session.id, (trx, locked, at) => {
    const challenge = challengeOf(context, locked, nonce, index, at);
    const step = { context, trx, session: locked, workflow: capture.workflow, challenge, at };
    if (!analysis.ok) return refuse(step, analysis);
    challenge.frames.push(analysis);
    if (challenge.frames.length <= challenge.moves.length) return keep(step);
    judged.match = match;
    return judge(step, judged);
  });
  logCapture(context, capture, analysis, answer, {
    ...(judged.motion && { livenessScore: judged.motion.score, motion: judged.motion.reasons }),
    ...(judged.match !== undefined && { match: judged.match }),
  });
  return answer;
}

/** The comparison reads other tables, so it is made before the row is locked. */
async function matchOfLastFrame(
  context: VerifierContext,
  capture: OpenCapture,
  nonce: string,
  index: number,
): Promise<MatchOutcome | null> {
  const { moves, frames } = challengeOf(context, capture.session, nonce, index, context.now());
  const frontal = frames[0];
  if (frontal === undefined || index < moves.length) return null;
  return compareFace(context, capture, frontal.embedding);
}

interface Step {
  context: VerifierContext;
  trx: DatabaseTransaction;
  session: SessionRow;
  workflow: VerifierWorkflow;
  challenge: ChallengeState;
  at: Date;
}

function challengeOf(
  { templateKey }: VerifierContext,
  session: SessionRow,
  nonce: string,
  index: number,
  at: Date,
): ChallengeState {
  const state = openState(session.capture_state, templateKey, session.id);
  const expected =
    state?.kind === 'challenge' &&
    state.nonce === nonce &&
    state.frames.length === index &&
    state.expiresAt > at.getTime();
  if (!expected) throw new RegardError('RGD_CHALLENGE_MISMATCH');
  return state;
}

async function keep(step: Step): Promise<Settled<CaptureAnswer>> {
  const { trx, session, workflow, challenge } = step;
  await changeSession(trx, session, { capture_state: sealed(step) });
  const framesLeft = challenge.moves.length + 1 - challenge.frames.length;
  const left = attemptsLeft(workflow, session);
  return { answer: { kind: 'more', framesLeft, attemptsLeft: left }, event: null };
}

async function refuse(
  step: Step,
  { reason, detail }: RefusedImage,
): Promise<Settled<CaptureAnswer>> {
  const { trx, session, workflow, challenge, at } = step;
  challenge.unusable.push(reason);
  const left = attemptsLeft(workflow, session);
  const refused = { kind: 'refused', reason, detail, attemptsLeft: left } as const;
  if (challenge.unusable.length <= MAX_UNUSABLE_FRAMES) {
    await changeSession(trx, session, { capture_state: sealed(step) });
    return { answer: { ...refused, next: 'frame' }, event: null };
  }
  if (left > 0) {
    await changeSession(trx, session, { capture_state: null });
    return { answer: { ...refused, next: 'challenge' }, event: null };
  }
  const event = await finishSession(trx, session, 'Declined', noUsableFrame(workflow, reason), at);
  return { answer: { ...refused, next: 'outcome' }, event };
}

async function judge(step: Step, judged: Judged): Promise<Settled<CaptureAnswer>> {
  const { trx, session, workflow, at } = step;
  const motion = judgeMotionOf(step);
  judged.motion = motion;
  const left = attemptsLeft(workflow, session);
  if (!motion.passed && left > 0) {
    await changeSession(trx, session, { capture_state: null });
    return { answer: { kind: 'new-challenge', attemptsLeft: left }, event: null };
  }
  const figures = { livenessScore: motion.score, quality: null, match: judged.match ?? null };
  const findings = motion.passed
    ? judgeCapture(workflow, figures)
    : failedMotion(workflow, motion.score);
  const status = statusOf(findings);
  const event = await finishSession(trx, session, status, findings, at);
  return { answer: { kind: 'finished', status }, event };
}

function judgeMotionOf({ context, workflow, challenge }: Step): MotionJudgement {
  const calibration = context.calibrations[workflow.calibration];
  const [frontal, ...turned] = challenge.frames as [AnalysedFace, ...AnalysedFace[]];
  if (calibration === undefined) throw new Error('The workflow has no calibration here');
  return judgeMotion({
    frontal,
    frames: turned.map((analysis, i) => ({ move: challenge.moves[i]!, analysis })),
    plan: challenge.moves,
    calibration,
  });
}

function sealed({ challenge, context, session }: Step): Buffer {
  return sealState(challenge, context.templateKey, session.id);
}
