import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { NewSession } from '../src/index.ts';

/** For tests: the columns of a new passive sign-in that waits to be opened, as the gateway would store it. */
export function sessionValues(applicationId: string, change: Partial<NewSession> = {}): NewSession {
  const now = new Date();
  return {
    id: uuidv7(),
    application_id: applicationId,
    environment: 'live',
    session_number: 1,
    workflow_id: randomUUID(),
    workflow_version: 1,
    user_id: null,
    vendor_data: null,
    purpose: 'sign_in',
    status: 'Not Started',
    sequence: 1,
    method: 'PASSIVE',
    features: ['LIVENESS', 'FACE_MATCH'],
    entry_reason: 'NEW_DEVICE',
    callback: null,
    callback_method: 'initiator',
    metadata: null,
    language: null,
    expected_details: null,
    contact_details: null,
    device_hash: null,
    address_hash: null,
    network: 'ordinary',
    provider_session_id: null,
    session_token: 'token',
    url: 'https://provider.example/session/token',
    decision: null,
    last_verdict_at: null,
    approval_id: null,
    approved_at: null,
    authenticated_at: null,
    selfie_at: null,
    created_at: now,
    opened_at: null,
    finished_at: null,
    deadline: new Date(now.getTime() + 600_000),
    ...change,
  };
}
