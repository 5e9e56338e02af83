import type { FaceAnalysis } from '@regard/face';
import type { CaptureAnswer } from './capture-answer.ts';
import type { VerifierContext } from './context.ts';
import type { MatchOutcome } from './findings.ts';
import type { OpenCapture } from './steps/open-capture.ts';

interface Figures {
  /** 0-100. */
  livenessScore?: number;
  match?: MatchOutcome | null;
  /** What the motion check found against the head turns. */
  motion?: readonly string[];
}

/**
 * One wide line and one count a frame: ids, figures and times for the operator, never a picture, a
 * template, the person's id or metadata.
 */
export function logCapture(
  { logger, metrics }: VerifierContext,
  { session, workflow }: OpenCapture,
  analysis: FaceAnalysis,
  answer: CaptureAnswer,
  figures: Figures = {},
): void {
  const outcome = answer.kind === 'finished' ? answer.status : answer.kind;
  const reason = answer.kind === 'refused' ? answer.reason : 'none';
  metrics.countCapture(outcome, reason);
  const { match } = figures;
  logger.info(
    {
      sessionId: session.id,
      workflow: workflow.label,
      outcome,
      reason,
      ms: Object.fromEntries(
        Object.entries(analysis.timings).map(([stage, ms]) => [stage, Math.round(ms)]),
      ),
      ...(analysis.ok && { quality: Math.round(analysis.quality.score) }),
      ...(figures.livenessScore !== undefined && { liveness: Math.round(figures.livenessScore) }),
      ...(match && { match: match.ok ? Math.round(match.score) : match.reason }),
      ...(figures.motion && { motion: figures.motion }),
    },
    'capture.judged',
  );
}
