import type { CaptureAnswer } from '../capture-answer.ts';
import { logCapture } from '../capture-log.ts';
import type { VerifierContext } from '../context.ts';
import { judgeCapture, statusOf } from '../findings.ts';
import { finishSession } from './change-status.ts';
import { compareFace } from './compare-face.ts';
import type { OpenCapture } from './open-capture.ts';
import { refuseFrame } from './refuse-frame.ts';
import { settleCapture } from './settle-capture.ts';

/**
 * PASSIVE: one frame decides. A frame that cannot be used may be taken again while attempts are
 * left.
 *
 * @param image the upload; zeros afterwards
 */
export async function verifySelfie(
  context: VerifierContext,
  capture: OpenCapture,
  image: Buffer,
): Promise<CaptureAnswer> {
  const { session, workflow } = capture;
  const analysis = await context.analyse(session.id, image);
  if (!analysis.ok) {
    const { reason, detail } = analysis;
    const answer = await settleCapture(context, session.id, (trx, locked, at) =>
      refuseFrame(trx, locked, workflow, { reason, detail }, at),
    );
    logCapture(context, capture, analysis, answer);
    return answer;
  }
  const match = await compareFace(context, capture, analysis.embedding);
  const { score: face, luminance } = analysis.quality;
  const livenessScore = analysis.liveness.score;
  const findings = judgeCapture(workflow, { livenessScore, quality: { face, luminance }, match });
  const status = statusOf(findings);
  const answer = await settleCapture(context, session.id, async (trx, locked, at) => ({
    answer: { kind: 'finished', status } as const,
    event: await finishSession(trx, locked, status, findings, at),
  }));
  logCapture(context, capture, analysis, answer, { livenessScore, match });
  return answer;
}
