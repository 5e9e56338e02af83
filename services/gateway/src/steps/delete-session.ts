import type { DeletedSession, JsonObject } from '@regard/contract';
import { deleteSession, providerSessionsOf, type Session } from '@regard/store';
import type { GatewayContext } from '../context.ts';
import type { FaceDeletion } from '../provider-client.ts';

/**
 * Deletes a session here and, step by step, at the provider, the provider first: while its biometric
 * store is away nothing is deleted here, and the call can be repeated.
 */
export async function removeSession(
  { db, provider }: Pick<GatewayContext, 'db' | 'provider'>,
  session: Session,
  instructions: JsonObject,
): Promise<DeletedSession> {
  let faces: FaceDeletion = { face_retention_outcome: 'none', biometric_template_uuid: null };
  for (const step of await providerSessionsOf(db, session)) {
    const deleted = await provider.deleteSession(step, instructions);
    // A step that never made a template has nothing to say beside one that did.
    if (deleted.face_retention_outcome !== 'none') faces = deleted;
  }
  await deleteSession(db, session.id);
  return { session_id: session.id, session_number: session.session_number, ...faces };
}
