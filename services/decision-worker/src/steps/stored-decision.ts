import {
  type FaceMatch,
  flatBlocks,
  type JsonObject,
  type LivenessCheck,
  NODE_IDS,
  round2,
  type SessionStatus,
  type Verdict,
  type Warning,
} from '@regard/contract';
import type { Decision, Finding } from '@regard/policy';
import type { Session, StoredDecision } from '@regard/store';

/** What a session keeps of its decision: the arrays of the contract, with our own statuses in them. */
export function storedDecision(
  verdict: Verdict,
  decision: Decision,
  session: Session,
  lockout: StoredDecision['lockout'],
): StoredDecision {
  const liveness = decision.liveness === null ? null : [livenessCheck(verdict, decision)];
  const faces = decision.faceMatch === null ? null : [faceMatch(verdict, decision, session)];
  return {
    livenessChecks: liveness as JsonObject[] | null,
    faceMatches: faces as JsonObject[] | null,
    reasons: decision.findings.map(({ reason }) => reason),
    lockout,
    flat: flatBlocks(liveness, faces) as JsonObject,
  };
}

/**
 * The decision column of a session that ended without one: what was to be checked is shown as
 * `Not Finished` (docs/api/contract.md, "Statuses"). Nothing for statuses that show no decision.
 */
export function unfinishedDecision(session: Session, status: SessionStatus) {
  if (status !== 'Abandoned' && status !== 'Not Finished') return {};
  const open = { status: 'Not Finished', score: null, warnings: [] };
  const has = (feature: string) => session.features.includes(feature);
  const decision: StoredDecision = {
    livenessChecks: has('LIVENESS')
      ? [{ ...open, node_id: NODE_IDS.LIVENESS, method: session.method }]
      : null,
    faceMatches: has('FACE_MATCH') ? [{ ...open, node_id: NODE_IDS.FACE_MATCH }] : null,
    reasons: [],
    lockout: null,
    flat: {},
  };
  return { decision: JSON.stringify(decision) };
}

function livenessCheck(verdict: Verdict, decision: Decision): LivenessCheck {
  return {
    node_id: NODE_IDS.LIVENESS,
    status: decision.liveness ?? 'Not Finished',
    method: verdict.liveness?.method ?? 'PASSIVE',
    score: rounded(verdict.liveness?.score),
    face_quality: rounded(verdict.quality?.face),
    face_luminance: rounded(verdict.quality?.luminance),
    reference_image: null,
    video_url: null,
    warnings: warningsOf(decision, 'liveness', 'LIVENESS', NODE_IDS.LIVENESS),
  };
}

function faceMatch(verdict: Verdict, decision: Decision, session: Session): FaceMatch {
  return {
    node_id: NODE_IDS.FACE_MATCH,
    status: decision.faceMatch ?? 'Not Finished',
    score: rounded(verdict.face?.score),
    source_image: null,
    target_image: null,
    source_image_session_id: session.id,
    warnings: warningsOf(decision, 'faceMatch', 'FACEMATCH', NODE_IDS.FACE_MATCH),
  };
}

function warningsOf(
  { findings }: Decision,
  feature: Finding['feature'],
  wireName: string,
  nodeId: string,
): Warning[] {
  return findings
    .filter((finding) => finding.feature === feature)
    .map(({ reason, status }) => ({
      feature: wireName,
      risk: reason,
      additional_data: null,
      log_type: status === 'Declined' ? 'error' : 'warning',
      short_description: sentence(reason),
      long_description: '',
      node_id: nodeId,
    }));
}

/** `LOW_LIVENESS_SCORE` as `Low liveness score`. */
function sentence(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : round2(value);
}
