import { round2 } from '@regard/contract';
import type { Session } from '@regard/store';

/** One row of the list (docs/api/contract.md, "List"). Scores are fractions here, unlike elsewhere. */
export function sessionRow(session: Session) {
  const liveness = session.decision?.livenessChecks?.at(-1);
  const face = session.decision?.faceMatches?.at(-1);
  return {
    session_id: session.id,
    session_kind: 'user',
    session_number: session.session_number,
    session_url: session.url,
    portrait_image: null,
    document_type: null,
    full_name: null,
    country: null,
    status: session.status,
    vendor_data: session.vendor_data,
    created_at: session.created_at.toISOString(),
    features: [
      ...(liveness ? [{ feature: 'LIVENESS', status: liveness.status }] : []),
      ...(face ? [{ feature: 'FACE_MATCH', status: face.status }] : []),
    ],
    workflow_id: session.workflow_id,
    method: session.method,
    additional_details: {
      liveness: liveness ? { method: liveness.method, score: fraction(liveness.score) } : null,
      face_match: face ? { score: fraction(face.score) } : null,
    },
  };
}

function fraction(score: unknown): number | null {
  return typeof score === 'number' ? round2(score / 100) : null;
}
