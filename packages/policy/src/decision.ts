import {
  type FeatureStatus,
  SELFIE_METHODS,
  type SelfieMethod,
  type Verdict,
  type WorkflowConfig,
} from '@regard/contract';
import { isStronger } from './entry-rule.ts';

export type DecisionStatus = 'Approved' | 'Declined' | 'In Review';

/** Everything a decision rests on. */
export interface DecisionFacts {
  verdict: Verdict;
  config: WorkflowConfig;
  /** The method the session asked for. */
  method: SelfieMethod;
  purpose: 'sign_in' | 'enrolment';
  /** Whether this session has already been sent back for a stronger method. */
  stepUpUsed: boolean;
  /** Average match score of the user's Approved selfies, 0-100; null before the first. */
  usualMatchScore: number | null;
}

export interface Decision {
  status: DecisionStatus;
  liveness: FeatureStatus | null;
  faceMatch: FeatureStatus | null;
  /** What the rules that did not approve found, the heaviest first. */
  findings: Finding[];
  /** The stronger method to ask for instead of a review; null when there is none to ask for. */
  stepUp: SelfieMethod | null;
}

/** What one rule has against an approval. */
export interface Finding {
  feature: 'session' | 'liveness' | 'faceMatch';
  status: DecisionStatus;
  /** Stable code. */
  reason: string;
  /** A better look at the person could settle it. */
  doubtful?: boolean;
}

interface DecisionRule {
  name: string;
  judge: (facts: DecisionFacts) => Finding | null;
}

/** Risks a provider derives from its own thresholds; we hold the scores and judge them by ours. */
const THRESHOLD_RISKS = ['LOW_LIVENESS_SCORE', 'LOW_FACE_MATCH_SIMILARITY'];

const WEIGHT: Record<DecisionStatus, number> = { Approved: 0, 'In Review': 1, Declined: 2 };

export const DECISION_RULES: readonly DecisionRule[] = [
  { name: 'provider-warnings', judge: judgeWarnings },
  { name: 'provider-status', judge: judgeProviderStatus },
  { name: 'method', judge: judgeMethod },
  { name: 'liveness', judge: judgeLiveness },
  { name: 'face-match', judge: judgeFaceMatch },
  { name: 'match-drift', judge: judgeDrift },
];

/**
 * Judges a finished capture: every rule gives its finding and the heaviest wins. A provider's
 * refusal is never upgraded, unless it only restates a threshold, which the workflow's own replaces.
 */
export function decide(facts: DecisionFacts): Decision {
  const findings = DECISION_RULES.map(({ judge }) => judge(facts))
    .filter((finding) => finding !== null)
    .sort((a, b) => WEIGHT[b.status] - WEIGHT[a.status]);
  const status = findings[0]?.status ?? 'Approved';
  return {
    status,
    liveness: facts.config.features.includes('LIVENESS') ? worst(findings, 'liveness') : null,
    faceMatch: matchesFaces(facts) ? worst(findings, 'faceMatch') : null,
    findings,
    stepUp: status === 'In Review' ? stepUpFor(facts, findings) : null,
  };
}

/** Thresholds are "at or below": the score itself is already on the worse side. */
export function bandOf(score: number, declineAt: number, reviewAt: number): DecisionStatus {
  if (score <= declineAt) return 'Declined';
  return score <= reviewAt ? 'In Review' : 'Approved';
}

function judgeWarnings({ verdict }: DecisionFacts): Finding | null {
  const own = verdict.warnings.filter(({ risk }) => !THRESHOLD_RISKS.includes(risk));
  const error = own.find(({ logType }) => logType === 'error');
  const warning = own.find(({ logType }) => logType === 'warning');
  const chosen = error ?? warning;
  if (!chosen) return null;
  const feature = chosen.feature === 'FACEMATCH' ? 'faceMatch' : 'liveness';
  return { feature, status: error ? 'Declined' : 'In Review', reason: chosen.risk };
}

function judgeProviderStatus({ verdict }: DecisionFacts): Finding | null {
  const { status, warnings } = verdict;
  if (status !== 'Declined' && status !== 'In Review') return null;
  // Warnings have their own rule; a status that one of their weight explains says nothing more.
  const explains = status === 'Declined' ? ['error'] : ['error', 'warning'];
  if (warnings.some(({ logType }) => explains.includes(logType))) return null;
  return { feature: 'session', status, reason: 'PROVIDER_STATUS' };
}

function judgeMethod({ verdict, method }: DecisionFacts): Finding | null {
  // A method nobody knows, or none at all, proves no more than a passive selfie.
  const named = SELFIE_METHODS.find((known) => known === verdict.liveness?.method);
  if (!isStronger(method, named ?? 'PASSIVE')) return null;
  return { feature: 'liveness', status: 'Declined', reason: 'METHOD_WEAKER_THAN_ASKED' };
}

function judgeLiveness({ verdict, config }: DecisionFacts): Finding | null {
  if (!config.features.includes('LIVENESS')) return null;
  return judgeScore('liveness', verdict.liveness?.score ?? null, {
    declineAt: config.face_liveness_score_decline_threshold,
    reviewAt: config.face_liveness_score_review_threshold,
    low: 'LOW_LIVENESS_SCORE',
    missing: 'LIVENESS_NOT_COMPUTED',
  });
}

function judgeFaceMatch(facts: DecisionFacts): Finding | null {
  if (!matchesFaces(facts)) return null;
  const { verdict, config } = facts;
  return judgeScore('faceMatch', verdict.face?.score ?? null, {
    declineAt: config.face_match_score_decline_threshold,
    reviewAt: config.face_match_score_review_threshold,
    low: 'LOW_FACE_MATCH_SIMILARITY',
    missing: 'FACE_MATCH_NOT_COMPUTED',
  });
}

/** A score is doubtful in its bands; one that is missing is nothing a second look would bring. */
function judgeScore(
  feature: 'liveness' | 'faceMatch',
  score: number | null,
  rule: { declineAt: number; reviewAt: number; low: string; missing: string },
): Finding | null {
  if (score === null) return { feature, status: 'In Review', reason: rule.missing };
  const status = bandOf(score, rule.declineAt, rule.reviewAt);
  return status === 'Approved' ? null : { feature, status, reason: rule.low, doubtful: true };
}

/** A match that passes, but far below what this person usually reaches, deserves a look. */
function judgeDrift(facts: DecisionFacts): Finding | null {
  const { config, usualMatchScore, verdict } = facts;
  const score = verdict.face?.score ?? null;
  const allowed = config.face_match_drift_points;
  if (!matchesFaces(facts) || score === null || usualMatchScore === null || allowed === null) {
    return null;
  }
  if (usualMatchScore - score <= allowed) return null;
  return { feature: 'faceMatch', status: 'In Review', reason: 'MATCH_DRIFT', doubtful: true };
}

function stepUpFor(facts: DecisionFacts, findings: Finding[]): SelfieMethod | null {
  const { config, method, purpose, stepUpUsed } = facts;
  const settled = findings.every(({ status, doubtful }) => status !== 'In Review' || doubtful);
  const asked = config.step_up.method;
  const possible =
    config.step_up.enabled && !stepUpUsed && purpose === 'sign_in' && isStronger(asked, method);
  return possible && settled ? asked : null;
}

function matchesFaces({ config, purpose }: DecisionFacts): boolean {
  return purpose === 'sign_in' && config.features.includes('FACE_MATCH');
}

function worst(findings: Finding[], feature: Finding['feature']): FeatureStatus {
  return findings.find((found) => found.feature === feature)?.status ?? 'Approved';
}
