import { carriesDecision, flatBlocks, type JsonObject } from '@regard/contract';
import type { SessionRow } from './schema.ts';
import { findWorkflow, WORKFLOW_VERSION } from './workflows.ts';

/** The decision of a session as `GET …/decision/` and the webhooks show it. */
export function decisionObject(session: SessionRow): JsonObject {
  const workflow = findWorkflow(session.workflow_id);
  return {
    callback: session.callback,
    contact_details: null,
    created_at: session.created_at.toISOString(),
    environment: workflow?.calibration === 'test' ? 'sandbox' : 'live',
    expected_details: null,
    expires_at: session.deadline.toISOString(),
    face_matches: json(session.decision?.faceMatches ?? null),
    features: [...(workflow?.features ?? [])],
    ip_analyses: null,
    liveness_checks: json(session.decision?.livenessChecks ?? null),
    reviews: [],
    session_id: session.id,
    session_kind: 'user',
    session_number: session.session_number,
    // The link holds the token, of which only the hash is kept.
    session_url: null,
    status: session.status,
    vendor_data: session.vendor_data,
    workflow_id: session.workflow_id,
    ...metadataOf(session),
  };
}

/** The body of the webhook about a session's present status, without an attempt's timestamp. */
export function eventBody(session: SessionRow, eventId: string, createdAt: Date): JsonObject {
  const { decision } = session;
  return {
    event_id: eventId,
    webhook_type: 'status.updated',
    created_at: Math.floor(createdAt.getTime() / 1000),
    session_id: session.id,
    session_kind: 'user',
    status: session.status,
    workflow_id: session.workflow_id,
    workflow_version: WORKFLOW_VERSION,
    vendor_data: session.vendor_data,
    ...metadataOf(session),
    ...(carriesDecision(session.status) && {
      decision: decisionObject(session),
      ...json(flatBlocks(decision?.livenessChecks ?? null, decision?.faceMatches ?? null)),
    }),
  };
}

/** Empty metadata is left out: some receivers turn `{}` into `[]` and lose the signature. */
function metadataOf({ metadata }: SessionRow): JsonObject {
  if (metadata === null || metadata === '') return {};
  const empty = typeof metadata === 'object' && Object.keys(metadata).length === 0;
  return empty ? {} : { metadata };
}

/** Typed objects of the contract are JSON; their types just do not say so. */
function json<T extends object>(value: T): JsonObject;
function json<T extends object>(value: T | null): JsonObject | null;
function json(value: object | null): JsonObject | null {
  return value as JsonObject | null;
}
