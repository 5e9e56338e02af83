import { RegardError } from '@regard/contract';
import { type FaceAnalysis, FaceBusyError, type FaceEngine } from '@regard/face';
import type { CaptureMetrics } from './verifier-metrics.ts';

/** A double tap is served, a flood is not: whoever holds a link must not fill the queue with it. */
const MAX_AT_ONCE_PER_SESSION = 2;

export type FrameAnalyser = (sessionId: string, image: Buffer) => Promise<FaceAnalysis>;

/** Looks at one uploaded frame. Whatever happens, the upload is zeros afterwards. */
export function createFrameAnalyser(face: FaceEngine, metrics: CaptureMetrics): FrameAnalyser {
  const underWay = new Map<string, number>();

  return async (sessionId, image) => {
    const already = underWay.get(sessionId) ?? 0;
    try {
      if (already >= MAX_AT_ONCE_PER_SESSION) {
        throw new RegardError('RGD_RATE_LIMITED', { retryAfterSeconds: 1 });
      }
      underWay.set(sessionId, already + 1);
      const analysis = await face.analyze(image).catch(rethrowBusy);
      metrics.observeStages(analysis.timings);
      return analysis;
    } finally {
      wipe(image);
      if (already < MAX_AT_ONCE_PER_SESSION) leave(underWay, sessionId);
    }
  };
}

/** A transferred buffer has no bytes left here; the engine wipes those. */
export function wipe(image: Buffer): void {
  if (image.length > 0) image.fill(0);
}

export function rethrowBusy(error: unknown): never {
  if (!(error instanceof FaceBusyError)) throw error;
  throw new RegardError('RGD_BUSY', { retryAfterSeconds: error.retryAfterSeconds, cause: error });
}

function leave(underWay: Map<string, number>, sessionId: string): void {
  const left = (underWay.get(sessionId) ?? 1) - 1;
  if (left > 0) underWay.set(sessionId, left);
  else underWay.delete(sessionId);
}
