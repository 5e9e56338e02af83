import {
  type CreateSessionBody,
  type JsonValue,
  RegardError,
  SESSION_ECHO_KEY,
} from '@regard/contract';
import { randomText } from '@regard/service-kit';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { VerifierContext } from '../context.ts';
import type { SessionRow } from '../schema.ts';
import { insertSession } from '../session-store.ts';
import { findWorkflow, type VerifierWorkflow } from '../workflows.ts';
import { referenceFor } from './session-reference.ts';

/** 22 characters of 6 bits: 132 bits, where the contract asks for at least 12 characters. */
const TOKEN_CHARACTERS = 22;

/**
 * Opens a session for a gateway. A portrait is analysed at once and only its sealed template is
 * kept, for this session alone.
 *
 * @returns the session and the token of its link, which is not to be had again
 * @throws RegardError RGD_UNKNOWN_WORKFLOW, RGD_PORTRAIT_REQUIRED, RGD_PORTRAIT_UNUSABLE, RGD_BUSY
 */
export async function createSession(
  context: VerifierContext,
  body: CreateSessionBody,
): Promise<{ session: SessionRow; token: string }> {
  const workflow = findWorkflow(body.workflow_id);
  if (workflow === null || context.calibrations[workflow.calibration] === undefined) {
    throw new RegardError('RGD_UNKNOWN_WORKFLOW', {
      fields: { workflow_id: ['This verifier has no workflow of this id.'] },
    });
  }
  const subject = subjectOf(body, workflow);
  const id = uuidv7();
  const stepOf = stepOfSession(body.metadata ?? null);
  const portrait = body.portrait_image ?? null;
  const reference = await referenceFor(context, { id, workflow, subject, stepOf, portrait });
  const token = randomText(TOKEN_CHARACTERS);
  const session = await insertSession(context.db, {
    id,
    token,
    workflowId: workflow.id,
    vendorData: subject,
    callback: body.callback ?? null,
    metadata: body.metadata ?? null,
    stepOf,
    language: body.language ?? 'en',
    reference,
    createdAt: context.now(),
  });
  return { session, token };
}

function subjectOf(body: CreateSessionBody, workflow: VerifierWorkflow): string | null {
  const subject = body.vendor_data ?? null;
  // Postgres has no place for this character in a text.
  if (subject?.includes('\0')) throw invalid('vendor_data', 'Must not contain a null character.');
  if (subject === null && workflow.enrolment) {
    throw invalid('vendor_data', 'An enrolment needs the person it is of.');
  }
  return subject;
}

/** The gateway's session this is a step of, as it says in the metadata it wants echoed. */
function stepOfSession(metadata: JsonValue): string | null {
  const named = z.object({ [SESSION_ECHO_KEY]: z.uuid() }).safeParse(metadata);
  return named.success ? (named.data[SESSION_ECHO_KEY] ?? null) : null;
}

function invalid(field: string, sentence: string): RegardError {
  return new RegardError('RGD_INVALID_REQUEST', { fields: { [field]: [sentence] } });
}
