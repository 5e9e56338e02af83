import { createHash } from 'node:crypto';
import { averageEmbeddings, fusedScore, scoreOf, sealTemplate } from '@regard/face';
import { v7 as uuidv7 } from 'uuid';
import { attemptsLeft, type CaptureAnswer } from '../capture-answer.ts';
import { logCapture } from '../capture-log.ts';
import { type EnrolmentState, openState, sealState } from '../capture-state.ts';
import type { VerifierContext } from '../context.ts';
import { judgeCapture, statusOf } from '../findings.ts';
import { wipe } from '../frame-analyser.ts';
import type { DatabaseTransaction, SessionRow } from '../schema.ts';
import { changeSession } from '../session-store.ts';
import { replaceTemplate, templateContext } from '../template-store.ts';
import { ENROLMENT_FRAMES, type VerifierWorkflow } from '../workflows.ts';
import { finishSession } from './change-status.ts';
import type { OpenCapture } from './open-capture.ts';
import { refuseFrame } from './refuse-frame.ts';
import { type Settled, settleCapture } from './settle-capture.ts';

const DIFFERENT_PERSON = { reason: 'DIFFERENT_PERSON' } as const;

/**
 * ENROLMENT: takes one of up to three frames of one person. The last one makes the template, in
 * place of an earlier one of the same person; it is stored only when the session is Approved.
 *
 * @param image the upload; zeros afterwards
 * @param last ends the enrolment with this frame although more would be welcome
 */
export async function enrolFace(
  context: VerifierContext,
  capture: OpenCapture,
  image: Buffer,
  last: boolean,
): Promise<CaptureAnswer> {
  const { session, workflow } = capture;
  if (!last && isKnownPicture(framesOf(context, session), image)) {
    // The same upload twice is a double tap or a frozen camera: not a second photo, nor face work.
    wipe(image);
    return more(workflow, session, framesOf(context, session));
  }
  const analysis = await context.analyse(session.id, image);
  const answer = await settleCapture<CaptureAnswer>(
    context,
    session.id,
    async (trx, locked, at) => {
      if (!analysis.ok) {
        const { reason, detail } = analysis;
        return refuseFrame(trx, locked, workflow, { reason, detail }, at);
      }
      const frames = framesOf(context, locked);
      // The same upload twice is a double tap, not a second photo.
      if (frames.every(({ digest }) => digest !== analysis.digest)) {
        if (!isSamePerson(context, workflow, frames, analysis.embedding)) {
          return refuseFrame(trx, locked, workflow, DIFFERENT_PERSON, at);
        }
        const { embedding, digest, liveness, quality } = analysis;
        frames.push({ embedding, digest, liveness, quality });
      }
      const complete = last || frames.length >= ENROLMENT_FRAMES;
      if (complete) return finishEnrolment(context, trx, locked, workflow, frames, at);
      const state = sealState({ kind: 'enrolment', frames }, context.templateKey, locked.id);
      await changeSession(trx, locked, { capture_state: state });
      const framesLeft = ENROLMENT_FRAMES - frames.length;
      const left = attemptsLeft(workflow, locked);
      return { answer: { kind: 'more', framesLeft, attemptsLeft: left }, event: null };
    },
  );
  const livenessScore = analysis.ok ? analysis.liveness.score : undefined;
  logCapture(context, capture, analysis, answer, {
    ...(livenessScore !== undefined && { livenessScore }),
  });
  return answer;
}

function framesOf(context: VerifierContext, session: SessionRow): EnrolmentState['frames'] {
  const state = openState(session.capture_state, context.templateKey, session.id);
  return state?.kind === 'enrolment' ? state.frames : [];
}

function isKnownPicture(frames: EnrolmentState['frames'], image: Buffer): boolean {
  const digest = createHash('sha256').update(image).digest('hex');
  return frames.some((frame) => frame.digest === digest);
}

function more(
  workflow: VerifierWorkflow,
  session: SessionRow,
  frames: EnrolmentState['frames'],
): CaptureAnswer {
  const framesLeft = ENROLMENT_FRAMES - frames.length;
  return { kind: 'more', framesLeft, attemptsLeft: attemptsLeft(workflow, session) };
}

/** Photos of one sitting resemble each other more than any later selfie will. */
function isSamePerson(
  { calibrations }: VerifierContext,
  workflow: VerifierWorkflow,
  frames: EnrolmentState['frames'],
  embedding: Float32Array,
): boolean {
  const calibration = calibrations[workflow.calibration];
  if (calibration === undefined) return false;
  const bound = workflow.thresholds.match.review;
  return frames.every(
    (frame) => scoreOf(fusedScore(frame.embedding, embedding), calibration, { photos: 1 }) > bound,
  );
}

async function finishEnrolment(
  context: VerifierContext,
  trx: DatabaseTransaction,
  session: SessionRow,
  workflow: VerifierWorkflow,
  frames: EnrolmentState['frames'],
  at: Date,
): Promise<Settled<CaptureAnswer>> {
  const mean = (read: (frame: (typeof frames)[number]) => number) =>
    frames.reduce((sum, frame) => sum + read(frame), 0) / frames.length;
  const findings = judgeCapture(workflow, {
    livenessScore: mean(({ liveness }) => liveness.score),
    quality: {
      face: mean(({ quality }) => quality.score),
      luminance: mean(({ quality }) => quality.luminance),
    },
    match: null,
  });
  const status = statusOf(findings);
  if (status === 'Approved') await storeTemplate(context, trx, session, workflow, frames, at);
  const event = await finishSession(trx, session, status, findings, at);
  return { answer: { kind: 'finished', status }, event };
}

async function storeTemplate(
  { calibrations, face, templateKey }: VerifierContext,
  trx: DatabaseTransaction,
  session: SessionRow,
  workflow: VerifierWorkflow,
  frames: EnrolmentState['frames'],
  createdAt: Date,
): Promise<void> {
  const subject = session.vendor_data;
  if (subject === null) throw new Error('An enrolment session without a subject');
  const template = {
    engineId: face.id,
    photos: frames.length,
    calibration: calibrations[workflow.calibration]?.name ?? '',
    embedding: averageEmbeddings(frames.map(({ embedding }) => embedding)),
  };
  await replaceTemplate(trx, {
    id: uuidv7(),
    subject,
    calibration: workflow.calibration,
    sessionId: session.id,
    sealed: sealTemplate(template, { key: templateKey, context: templateContext(subject) }),
    createdAt,
  });
}
