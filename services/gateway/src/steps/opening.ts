import type { CreateSessionBody, JsonObject } from '@regard/contract';
import type { EntryDecision } from '@regard/policy';
import { type Application, nextSessionNumber, type User, type Workflow } from '@regard/store';
import type { GatewayContext } from '../context.ts';
import type { Entry } from './entry-facts.ts';

/** Everything one create call has found out so far. */
export interface Opening {
  context: GatewayContext;
  application: Application;
  workflow: Workflow;
  user: User | null;
  body: CreateSessionBody;
  entry: Entry;
  decision: EntryDecision;
}

/** The columns every new session has, whatever its method. */
export async function sessionValues(
  { context, application, workflow, user, body, entry, decision }: Opening,
  id: string,
) {
  return {
    id,
    application_id: application.id,
    environment: application.environment,
    session_number: await nextSessionNumber(context.db, application.id),
    workflow_id: workflow.id,
    workflow_version: workflow.version,
    user_id: user?.id ?? null,
    purpose: body.purpose,
    entry_reason: decision.reason,
    vendor_data: body.vendor_data ?? null,
    language: body.language ?? null,
    expected_details: json(body.expected_details as JsonObject | undefined),
    contact_details: json(body.contact_details as JsonObject | undefined),
    created_at: context.now(),
    opened_at: null,
    finished_at: null,
    last_verdict_at: null,
    decision: null,
    approval_id: null,
    approved_at: null,
    authenticated_at: null,
    selfie_at: null,
    features: featuresOf(workflow, body.purpose),
    device_hash: entry.deviceHash,
    address_hash: entry.addressHash,
    ...replaced({ body, entry }),
  };
}

/** The columns that a repeated create replaces. */
export function replaced({ body, entry }: Pick<Opening, 'body' | 'entry'>) {
  return {
    callback: body.callback ?? null,
    callback_method: body.callback_method,
    metadata: json(body.metadata),
    network: entry.network,
  };
}

/** What will be checked; an enrolment has nothing to compare with yet. */
function featuresOf(workflow: Workflow, purpose: CreateSessionBody['purpose']): string[] {
  const { features } = workflow.config;
  return purpose === 'enrolment' ? features.filter((name) => name !== 'FACE_MATCH') : features;
}

function json(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
