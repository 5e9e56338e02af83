import { fusedScore, type OpenedTemplate, openTemplate, scoreOf } from '@regard/face';
import type { VerifierContext } from '../context.ts';
import type { MatchOutcome } from '../findings.ts';
import { findTemplate, referenceContext, templateContext } from '../template-store.ts';
import type { OpenCapture } from './open-capture.ts';

/**
 * Compares a face with the reference: the portrait the session was opened with, else the person's
 * enrolled template.
 *
 * @returns null when the workflow compares with nobody
 */
export async function compareFace(
  context: VerifierContext,
  { session, workflow }: OpenCapture,
  embedding: Float32Array,
): Promise<MatchOutcome | null> {
  if (!workflow.features.includes('FACE_MATCH')) return null;
  const opened = await openReference(context, { session, workflow });
  if (opened === null) return { ok: false, reason: 'There is no reference to compare with.' };
  if (!opened.ok) return { ok: false, reason: NOT_COMPARED[opened.reason] };
  const calibration = context.calibrations[workflow.calibration];
  if (calibration === undefined) return { ok: false, reason: 'There is no calibration.' };
  const { template } = opened;
  const fused = fusedScore(template.embedding, embedding);
  return { ok: true, score: scoreOf(fused, calibration, { photos: template.photos }) };
}

const NOT_COMPARED = {
  ENGINE_CHANGED: 'The reference was made by another face engine; the person has to enrol again.',
  UNREADABLE: 'The reference cannot be opened with the key of this deployment.',
};

async function openReference(
  { db, templateKey, face }: VerifierContext,
  { session, workflow }: OpenCapture,
): Promise<OpenedTemplate | null> {
  if (session.reference !== null) {
    const context = referenceContext(session.id);
    return openTemplate(session.reference, { key: templateKey, context, engineId: face.id });
  }
  if (session.vendor_data === null) return null;
  const stored = await findTemplate(db, session.vendor_data, workflow.calibration);
  if (stored === null) return null;
  const context = templateContext(session.vendor_data);
  return openTemplate(stored.sealed, { key: templateKey, context, engineId: face.id });
}
