import type { DeletedSession, deleteSessionSchema } from '@regard/contract';
import type { z } from 'zod';
import type { Database, DatabaseTransaction, SessionRow } from '../schema.ts';
import { deleteTemplate, deleteTemplatesOf, findTemplateOfSession } from '../template-store.ts';

export type DeleteBody = NonNullable<z.infer<typeof deleteSessionSchema>>;

type FaceOutcome = Pick<DeletedSession, 'face_retention_outcome' | 'biometric_template_uuid'>;

/**
 * Deletes a session with everything in it. The template an enrolment made goes with it unless it is
 * to be retained; a privacy erasure takes whatever is enrolled of the person.
 *
 * @returns null when there is no such session
 */
export function deleteSession(
  db: Database,
  id: string,
  body: DeleteBody,
): Promise<DeletedSession | null> {
  return db.transaction().execute(async (trx) => {
    const session = await trx
      .deleteFrom('biometrics.sessions')
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    if (!session) return null;
    return {
      session_id: session.id,
      session_number: session.session_number,
      ...(await deleteFaces(trx, session, body)),
    };
  });
}

async function deleteFaces(
  trx: DatabaseTransaction,
  { id, vendor_data: subject, reference }: SessionRow,
  body: DeleteBody,
): Promise<FaceOutcome> {
  if (body.deletion_instruction === 'privacy_erasure' && subject !== null) {
    const erased = await deleteTemplatesOf(trx, subject);
    return outcome(erased === null && reference === null ? 'none' : 'deleted', erased);
  }
  const retain = body.retain_face_embeddings === true;
  const template = await findTemplateOfSession(trx, id);
  if (template !== null && retain) return outcome('retained_with_user', template);
  if (template !== null) {
    await deleteTemplate(trx, template);
    return outcome('deleted', template);
  }
  if (retain && subject === null) return outcome('ineligible_no_vendor_user');
  return outcome(reference === null ? 'none' : 'deleted');
}

function outcome(
  face_retention_outcome: DeletedSession['face_retention_outcome'],
  biometric_template_uuid: string | null = null,
): FaceOutcome {
  return { face_retention_outcome, biometric_template_uuid };
}
