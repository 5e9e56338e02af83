import { canonicalJson } from './canonical-json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { carriesDecision, type SessionStatus } from './statuses.ts';

export const WEBHOOK_TYPES = [
  'status.updated',
  'data.updated',
  'user.status.updated',
  'user.data.updated',
] as const;

export type WebhookType = (typeof WEBHOOK_TYPES)[number];

/** The facts of one status change, as the outbox keeps them. */
export interface SessionEvent {
  eventId: string;
  webhookType: WebhookType;
  /** Unix seconds at which the status changed. */
  createdAt: number;
  applicationId: string;
  environment: 'live' | 'sandbox';
  sessionId: string;
  status: SessionStatus;
  previousStatus: SessionStatus | null;
  /** Counts up per session from 1, so that a subscriber can drop what is older than what it has. */
  sequence: number;
  workflowId: string;
  workflowVersion: number;
  vendorData: string | null;
  metadata: JsonValue | null;
  /** The decision object; used on the statuses that carry it. */
  decision: JsonObject | null;
  /** The flat `liveness` and `face` blocks. */
  flat: JsonObject;
  /** Used on Resubmitted, in place of the decision. */
  resubmit: { nodes: JsonValue[]; reasons: JsonObject } | null;
}

/**
 * The webhook body of a session event, without `timestamp`, which belongs to an attempt
 * (docs/api/contract.md, "Envelope"). Empty members are left out rather than sent as `{}`.
 */
export function sessionEventBody(event: SessionEvent): JsonObject {
  return {
    application_id: event.applicationId,
    created_at: event.createdAt,
    environment: event.environment,
    event_id: event.eventId,
    sequence: event.sequence,
    session_id: event.sessionId,
    session_kind: 'user',
    status: event.status,
    vendor_data: event.vendorData,
    webhook_type: event.webhookType,
    workflow_id: event.workflowId,
    workflow_version: event.workflowVersion,
    ...(event.previousStatus !== null && { previous_status: event.previousStatus }),
    ...(hasContent(event.metadata) && { metadata: event.metadata }),
    ...(carriesDecision(event.status) && event.decision !== null && { decision: event.decision }),
    ...(carriesDecision(event.status) && event.flat),
    ...(event.status === 'Resubmitted' &&
      event.resubmit !== null && {
        resubmit_info: {
          nodes_to_resubmit: event.resubmit.nodes,
          ...(hasContent(event.resubmit.reasons) && { reasons: event.resubmit.reasons }),
        },
      }),
  };
}

/** One attempt's body: the event with the attempt's timestamp, in canonical form. */
export function attemptBody(body: JsonObject, timestamp: number): string {
  return canonicalJson({ ...body, timestamp });
}

function hasContent(value: JsonValue | null): value is JsonValue {
  if (value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
