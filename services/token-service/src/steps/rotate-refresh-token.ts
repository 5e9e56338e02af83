import { hashSecret } from '@regard/service-kit';
import { type GrantOutcome, type RefusalReason, revokeGrants } from '../grants.ts';
import { issueRefreshToken } from '../refresh-tokens.ts';
import type { TokensDatabase } from '../schema.ts';

/**
 * Exchanges a refresh token for its successor. A token that was already exchanged ends the whole
 * family: the thief and the owner both hold a descendant of it, and we cannot tell who is asking
 * (RFC 9700, 4.14.2).
 *
 * There is deliberately no grace in which the old token works again. It would hand a thief who is
 * quick enough a valid pair without anybody noticing; a client that lost an answer signs the person
 * in again, which takes one selfie.
 */
export async function rotateRefreshToken(
  refreshToken: string,
  applicationId: string,
  database: TokensDatabase,
  now: Date,
): Promise<GrantOutcome> {
  const hash = hashSecret(refreshToken);
  return database.transaction().execute(async (transaction) => {
    // Locks the token and its grant: of two callers the second waits here and then sees `used_at`.
    const held = await transaction
      .selectFrom('tokens.refresh_tokens as token')
      .innerJoin('tokens.grants as grant', 'grant.id', 'token.grant_id')
      .selectAll('grant')
      .select('token.used_at')
      .where('token.token_hash', '=', hash)
      .forUpdate()
      .executeTakeFirst();
    if (!held) return { granted: false, reason: 'refresh_token_unknown', sessionId: null };
    const { used_at, ...grant } = held;
    const reason = reasonToRefuse(grant, used_at, applicationId, now);
    if (reason === 'refresh_token_reused') {
      await revokeGrants(transaction, { id: grant.id }, reason, now);
    }
    if (reason !== null) return { granted: false, reason, sessionId: grant.session_id };
    await transaction
      .updateTable('tokens.refresh_tokens')
      .set({ used_at: now })
      .where('token_hash', '=', hash)
      .execute();
    const successor = await issueRefreshToken(transaction, grant.id, now);
    return { granted: true, grant, refreshToken: successor };
  });
}

function reasonToRefuse(
  grant: { application_id: string; revoked_at: Date | null; expires_at: Date },
  usedAt: Date | null,
  applicationId: string,
  now: Date,
): RefusalReason | null {
  if (grant.application_id !== applicationId) return 'other_client';
  if (grant.revoked_at !== null) return 'grant_revoked';
  if (grant.expires_at <= now) return 'grant_expired';
  if (usedAt !== null) return 'refresh_token_reused';
  return null;
}
