import type { DeletedSession, JsonObject } from '@regard/contract';
import { deleteSession, type Session } from '@regard/store';
import type { GatewayContext } from '../context.ts';

/**
 * Deletes a session here and at the provider, the provider first: while its biometric store is away
 * nothing is deleted anywhere, and the call can be repeated.
 */
export async function removeSession(
  { db, provider }: Pick<GatewayContext, 'db' | 'provider'>,
  session: Session,
  instructions: JsonObject,
): Promise<DeletedSession> {
  const faces =
    session.provider_session_id === null
      ? { face_retention_outcome: 'none' as const, biometric_template_uuid: null }
      : await provider.deleteSession(session.provider_session_id, instructions);
  await deleteSession(db, session.id);
  return { session_id: session.id, session_number: session.session_number, ...faces };
}
