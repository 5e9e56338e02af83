import type { Calibration, FaceEngine } from '@regard/face';
import type { Logger } from '@regard/service-kit';
import type { FrameAnalyser } from './frame-analyser.ts';
import type { OutcomeHub } from './outcome-hub.ts';
import type { CalibrationKind, Database, UnsentEvent } from './schema.ts';
import type { CaptureMetrics } from './verifier-metrics.ts';

/** Calibration of each kind of faces; `test` only where drawn faces are allowed. */
export type Calibrations = { production: Calibration } & Partial<
  Record<CalibrationKind, Calibration>
>;

/** What the steps of the verifier work with. */
export interface VerifierContext {
  db: Database;
  face: FaceEngine;
  /** Looks at a frame of the page, within the limits of one session. */
  analyse: FrameAnalyser;
  calibrations: Calibrations;
  /** Seals templates, references and the work between two frames. */
  templateKey: Buffer;
  /** Base url of the capture page. */
  publicUrl: string;
  outcomes: OutcomeHub;
  /** Sends an event whose transaction has committed; never throws. */
  send: (event: UnsentEvent) => void;
  metrics: CaptureMetrics;
  logger: Logger;
  now: () => Date;
  /** Uniform integer in [0, limit). */
  randomInt: (limit: number) => number;
}
