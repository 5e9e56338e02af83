import { hashSecret } from '@regard/service-kit';
import { type AccessTokenSettings, sessionOfAccessToken } from '../access-token.ts';
import { revokeGrants } from '../grants.ts';
import { isRefreshToken } from '../refresh-tokens.ts';
import type { TokensDatabase } from '../schema.ts';

/**
 * Ends the family of a refresh token, or all grants of the session of an access token. A token that
 * is unknown, expired or another application's changes nothing, and nobody is told so (RFC 7009).
 */
export async function revokeToken(
  token: string,
  applicationId: string,
  database: TokensDatabase,
  accessTokens: AccessTokenSettings,
  now: Date,
): Promise<void> {
  if (isRefreshToken(token)) {
    const grant = await database
      .selectFrom('tokens.refresh_tokens as token')
      .innerJoin('tokens.grants as grant', 'grant.id', 'token.grant_id')
      .select('grant.id')
      .where('token.token_hash', '=', hashSecret(token))
      .where('grant.application_id', '=', applicationId)
      .executeTakeFirst();
    if (grant) await revokeGrants(database, { id: grant.id }, 'revoked_by_client', now);
    return;
  }
  const sessionId = await sessionOfAccessToken(token, applicationId, accessTokens, now);
  if (sessionId === null) return;
  const session = { application_id: applicationId, session_id: sessionId };
  await revokeGrants(database, session, 'revoked_by_client', now);
}
