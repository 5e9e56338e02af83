import {
  type FaceMatch,
  type FeatureStatus,
  type LivenessCheck,
  round2,
  type Warning,
} from '@regard/contract';
import type { FrameRefusal } from './capture-answer.ts';
import type { Findings, FinishedStatus } from './schema.ts';
import type { VerifierWorkflow } from './workflows.ts';

/** What the comparison with the reference gave; a score of 0-100, or why there is none. */
export type MatchOutcome = { ok: true; score: number } | { ok: false; reason: string };

export interface CaptureFigures {
  /** 0-100. */
  livenessScore: number;
  /** 0-100; null where a check does not measure it. */
  quality: { face: number; luminance: number } | null;
  /** Null when the workflow compares with nobody. */
  match: MatchOutcome | null;
}

interface Risk {
  risk: string;
  short: string;
  long: string;
}

const LOW_LIVENESS: Risk = {
  risk: 'LOW_LIVENESS_SCORE',
  short: 'Low liveness score',
  long: 'The capture does not look enough like a live person.',
};
const LOW_MATCH: Risk = {
  risk: 'LOW_FACE_MATCH_SIMILARITY',
  short: 'Low similarity',
  long: 'The face of the capture does not resemble the reference enough.',
};
const ATTACK: Risk = {
  risk: 'LIVENESS_FACE_ATTACK',
  short: 'Head turns not made',
  long: 'The head did not make the turns that were asked for, as a live head does.',
};
const NO_FACE: Risk = {
  risk: 'NO_FACE_DETECTED',
  short: 'No usable face',
  long: 'No frame with one usable face was sent in the attempts allowed.',
};

/** Risk of the last refused frame, where it says more than that no face could be used. */
const REFUSAL_RISKS: Partial<Record<FrameRefusal, Risk>> = {
  DIFFERENT_PERSON: {
    risk: 'LIVENESS_FACE_ATTACK',
    short: 'Different people',
    long: 'The frames of one enrolment showed different people.',
  },
  MULTIPLE_FACES: {
    risk: 'MULTIPLE_FACES_DETECTED',
    short: 'Several faces',
    long: 'More than one face was in the frames.',
  },
  TOO_BLURRED: { risk: 'LOW_FACE_QUALITY', short: 'Blurred', long: 'The frames were too blurred.' },
  TOO_DARK: { risk: 'LOW_FACE_LUMINANCE', short: 'Too dark', long: 'The frames were too dark.' },
  TOO_BRIGHT: {
    risk: 'HIGH_FACE_LUMINANCE',
    short: 'Too bright',
    long: 'The frames were too bright.',
  },
};

/** Judges a complete capture by the workflow's thresholds. */
export function judgeCapture(workflow: VerifierWorkflow, figures: CaptureFigures): Findings {
  const { thresholds } = workflow;
  const liveness = band(figures.livenessScore, thresholds.liveness);
  return {
    livenessChecks: [
      {
        ...emptyLiveness(workflow, liveness),
        score: round2(figures.livenessScore),
        face_quality: figures.quality && round2(figures.quality.face),
        face_luminance: figures.quality && round2(figures.quality.luminance),
        warnings: thresholdWarnings('LIVENESS', liveness, LOW_LIVENESS),
      },
    ],
    faceMatches: figures.match && [matchItem(figures.match, thresholds.match)],
  };
}

function matchItem(match: MatchOutcome, thresholds: { decline: number; review: number }) {
  if (!match.ok) {
    const risk = {
      risk: 'FACE_MATCH_NOT_COMPUTED',
      short: 'Not compared',
      long: match.reason,
    };
    return { ...emptyMatch('In Review'), warnings: [warning('FACEMATCH', 'warning', risk)] };
  }
  const status = band(match.score, thresholds);
  return {
    ...emptyMatch(status),
    score: round2(match.score),
    warnings: thresholdWarnings('FACEMATCH', status, LOW_MATCH),
  };
}

/** No frame could be used in the attempts allowed. */
export function noUsableFrame(workflow: VerifierWorkflow, last: FrameRefusal | null): Findings {
  const risk = (last && REFUSAL_RISKS[last]) ?? NO_FACE;
  return declinedLiveness(workflow, null, risk);
}

/** The head turns asked for were not made in the challenges allowed. */
export function failedMotion(workflow: VerifierWorkflow, score: number): Findings {
  return declinedLiveness(workflow, round2(score), ATTACK);
}

function declinedLiveness(workflow: VerifierWorkflow, score: number | null, risk: Risk): Findings {
  return {
    ...unfinished(workflow),
    livenessChecks: [
      {
        ...emptyLiveness(workflow, 'Declined'),
        score,
        warnings: [warning('LIVENESS', 'error', risk)],
      },
    ],
  };
}

/** The person left before the capture was complete. */
export function unfinished(workflow: VerifierWorkflow): Findings {
  const matches = workflow.features.includes('FACE_MATCH');
  return {
    livenessChecks: [emptyLiveness(workflow, 'Not Finished')],
    faceMatches: matches ? [emptyMatch('Not Finished')] : null,
  };
}

/** The worst feature decides. */
export function statusOf({ livenessChecks, faceMatches }: Findings): FinishedStatus {
  const statuses = [...(livenessChecks ?? []), ...(faceMatches ?? [])].map(({ status }) => status);
  if (statuses.includes('Declined')) return 'Declined';
  return statuses.every((status) => status === 'Approved') ? 'Approved' : 'In Review';
}

/** "At or below": the threshold itself is already on the worse side. */
function band(score: number, { decline, review }: { decline: number; review: number }) {
  if (score <= decline) return 'Declined';
  return score <= review ? 'In Review' : 'Approved';
}

function thresholdWarnings(feature: string, status: FeatureStatus, risk: Risk): Warning[] {
  if (status === 'Approved') return [];
  return [warning(feature, status === 'Declined' ? 'error' : 'warning', risk)];
}

function warning(
  feature: string,
  logType: Warning['log_type'],
  { risk, short, long }: Risk,
): Warning {
  return {
    feature,
    risk,
    log_type: logType,
    short_description: short,
    long_description: long,
    additional_data: null,
    node_id: nodeOf(feature),
  };
}

const nodeOf = (feature: string) => (feature === 'LIVENESS' ? 'liveness' : 'face_match');

function emptyLiveness({ method }: VerifierWorkflow, status: FeatureStatus): LivenessCheck {
  return {
    node_id: nodeOf('LIVENESS'),
    status,
    method,
    score: null,
    face_quality: null,
    face_luminance: null,
    reference_image: null,
    video_url: null,
    warnings: [],
  };
}

function emptyMatch(status: FeatureStatus): FaceMatch {
  return {
    node_id: nodeOf('FACEMATCH'),
    status,
    score: null,
    source_image: null,
    target_image: null,
    source_image_session_id: null,
    warnings: [],
  };
}
