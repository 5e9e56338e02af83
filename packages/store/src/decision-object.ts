import { carriesDecision, type JsonObject } from '@regard/contract';
import type { Session, SessionEventRow } from './schema.ts';

/**
 * The decision of a session as the contract shows it, in `GET …/decision/` and in webhooks
 * (docs/api/contract.md, "Decision"). A feature's array is null until it produced something.
 */
export function decisionObject(
  session: Session,
  reviews: readonly SessionEventRow[] = [],
): JsonObject {
  const decision = carriesDecision(session.status) ? session.decision : null;
  return {
    callback: session.callback,
    contact_details: session.contact_details,
    created_at: session.created_at.toISOString(),
    entry_reason: session.entry_reason,
    environment: session.environment,
    expected_details: session.expected_details,
    expires_at: session.deadline.toISOString(),
    face_matches: decision?.faceMatches ?? null,
    features: session.features,
    ip_analyses: null,
    liveness_checks: decision?.livenessChecks ?? null,
    method: session.method,
    reasons: decision?.reasons ?? [],
    reviews: reviews.map(reviewItem),
    session_id: session.id,
    session_kind: 'user',
    session_number: session.session_number,
    session_url: session.url,
    status: session.status,
    vendor_data: session.vendor_data,
    workflow_id: session.workflow_id,
    ...(session.metadata !== null && { metadata: session.metadata }),
    ...(decision?.lockout && {
      lockout: { locked_until: decision.lockout.lockedUntil, fallback: decision.lockout.fallback },
    }),
  };
}

/** The flat `liveness` and `face` blocks of a decided session. */
export function flatDecision(session: Session): JsonObject {
  return session.decision?.flat ?? {};
}

function reviewItem(event: SessionEventRow): JsonObject {
  return {
    user: event.actor,
    new_status: event.status,
    comment: event.comment,
    created_at: event.created_at.toISOString(),
  };
}
