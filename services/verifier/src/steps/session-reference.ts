import { MAX_PORTRAIT_BYTES, RegardError } from '@regard/contract';
import { openTemplate, sealTemplate } from '@regard/face';
import type { VerifierContext } from '../context.ts';
import { rethrowBusy, wipe } from '../frame-analyser.ts';
import { findReferenceOfStep } from '../session-store.ts';
import { findTemplate, referenceContext } from '../template-store.ts';
import { findWorkflow, type VerifierWorkflow } from '../workflows.ts';

export interface ReferenceRequest {
  /** Of the session that is being opened. */
  id: string;
  workflow: VerifierWorkflow;
  subject: string | null;
  /** The gateway's session this is a step of. */
  stepOf: string | null;
  /** Base64, with or without a `data:` prefix. */
  portrait: string | null;
}

/**
 * The reference of a new session: its own portrait, or that of an earlier step of the same sign-in,
 * sealed for this session.
 *
 * @returns null when it needs none of its own: the person is enrolled, or nothing is compared
 * @throws RegardError RGD_PORTRAIT_REQUIRED, RGD_PORTRAIT_UNUSABLE, RGD_BUSY
 */
export async function referenceFor(
  context: VerifierContext,
  request: ReferenceRequest,
): Promise<Buffer | null> {
  const { workflow, subject, portrait } = request;
  if (!workflow.features.includes('FACE_MATCH')) return null;
  if (portrait !== null) return sealPortrait(context, portrait, request);
  const inherited = await inheritReference(context, request);
  if (inherited !== null) return inherited;
  const enrolled =
    subject !== null && (await findTemplate(context.db, subject, workflow.calibration));
  if (enrolled) return null;
  throw new RegardError('RGD_PORTRAIT_REQUIRED', {
    fields: {
      portrait_image: 'The user has no enrolled face, so a reference portrait is required.',
    },
  });
}

/** A step-up compares with the portrait of the step before: the gateway has not kept it. */
async function inheritReference(
  { db, face, templateKey }: VerifierContext,
  { id, workflow, subject, stepOf }: ReferenceRequest,
): Promise<Buffer | null> {
  const earlier = stepOf === null ? null : await findReferenceOfStep(db, stepOf, subject);
  if (earlier === null) return null;
  if (findWorkflow(earlier.workflowId)?.calibration !== workflow.calibration) return null;
  const seal = { key: templateKey, context: referenceContext(earlier.id) };
  const opened = openTemplate(earlier.reference, { ...seal, engineId: face.id });
  if (!opened.ok) return null;
  return sealTemplate(opened.template, { key: templateKey, context: referenceContext(id) });
}

async function sealPortrait(
  { face, calibrations, templateKey }: VerifierContext,
  portrait: string,
  { id, workflow }: ReferenceRequest,
): Promise<Buffer> {
  const image = decodePortrait(portrait);
  try {
    const analysis = await face.analyze(image).catch(rethrowBusy);
    if (!analysis.ok) throw unusable(analysis.detail);
    const { embedding } = analysis;
    const calibration = calibrations[workflow.calibration]?.name ?? '';
    const template = { engineId: face.id, photos: 1, calibration, embedding };
    return sealTemplate(template, { key: templateKey, context: referenceContext(id) });
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
