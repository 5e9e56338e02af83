export {
  ADVICE,
  type AnalysedFace,
  type Box,
  type FaceAnalysis,
  type RefusalReason,
  type RefusedImage,
  type Timings,
} from './analysis.ts';
export {
  type Calibration,
  parseCalibration,
  productionCalibration,
  scoreOf,
} from './calibration.ts';
export { averageEmbeddings, EMBEDDING_NUMBERS, fusedScore } from './embedding.ts';
export {
  type AnalyzeOptions,
  createFaceEngine,
  type FaceEngine,
  type FaceEngineOptions,
} from './engine.ts';
export {
  createMotionPlan,
  judgeMotion,
  MOVES,
  type MotionEvidence,
  type MotionFault,
  type MotionJudgement,
  type Move,
} from './motion.ts';
export { createFacePool, FaceBusyError, type FacePool, type FacePoolOptions } from './pool.ts';
export type { FaceQuality } from './quality.ts';
export { type FaceTemplate, type OpenedTemplate, openTemplate, sealTemplate } from './template.ts';
