import { type CreateSessionBody, MAX_PORTRAIT_BYTES, RegardError } from '@regard/contract';
import { sealTemplate } from '@regard/face';
import { randomText } from '@regard/service-kit';
import { v7 as uuidv7 } from 'uuid';
import type { VerifierContext } from '../context.ts';
import { rethrowBusy, wipe } from '../frame-analyser.ts';
import type { SessionRow } from '../schema.ts';
import { insertSession } from '../session-store.ts';
import { findTemplate, referenceContext } from '../template-store.ts';
import { findWorkflow, type VerifierWorkflow } from '../workflows.ts';

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
  const reference = await referenceOf(context, body, workflow, id);
  const token = randomText(TOKEN_CHARACTERS);
  const session = await insertSession(context.db, {
    id,
    token,
    workflowId: workflow.id,
    vendorData: subject,
    callback: body.callback ?? null,
    metadata: body.metadata ?? null,
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

async function referenceOf(
  context: VerifierContext,
  { portrait_image: portrait, vendor_data: subject }: CreateSessionBody,
  workflow: VerifierWorkflow,
  sessionId: string,
): Promise<Buffer | null> {
  if (!workflow.features.includes('FACE_MATCH')) return null;
  if (portrait !== undefined) return sealPortrait(context, portrait, workflow, sessionId);
  const enrolled =
    subject !== undefined && (await findTemplate(context.db, subject, workflow.calibration));
  if (enrolled) return null;
  throw new RegardError('RGD_PORTRAIT_REQUIRED', {
    fields: {
      portrait_image: 'The user has no enrolled face, so a reference portrait is required.',
    },
  });
}

async function sealPortrait(
  { face, calibrations, templateKey }: VerifierContext,
  portrait: string,
  workflow: VerifierWorkflow,
  sessionId: string,
): Promise<Buffer> {
  const image = decodePortrait(portrait);
  try {
    const analysis = await face.analyze(image).catch(rethrowBusy);
    if (!analysis.ok) throw unusable(analysis.detail);
    const { embedding } = analysis;
    const calibration = calibrations[workflow.calibration]?.name ?? '';
    const template = { engineId: face.id, photos: 1, calibration, embedding };
    return sealTemplate(template, { key: templateKey, context: referenceContext(sessionId) });
  } finally {
    wipe(image);
  }
}

function decodePortrait(text: string): Buffer {
  const base64 = text.replace(/^data:[\w/+.-]*;base64,/, '').replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw unusable('It is not base64.');
  const image = Buffer.from(base64, 'base64');
  if (image.length > MAX_PORTRAIT_BYTES) throw unusable('The portrait must be at most 2 MB.');
  return image;
}

function unusable(detail: string): RegardError {
  return new RegardError('RGD_PORTRAIT_UNUSABLE', {
    fields: { portrait_image: `The portrait cannot be used: ${detail}` },
  });
}

function invalid(field: string, sentence: string): RegardError {
  return new RegardError('RGD_INVALID_REQUEST', { fields: { [field]: [sentence] } });
}
