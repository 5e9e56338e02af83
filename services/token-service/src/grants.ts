import type { Selectable } from 'kysely';
import type { RevocationReason, TokensDatabase, TokensSchema } from './schema.ts';

/** What one approval was redeemed for; its access and refresh tokens are a family. */
export type Grant = Selectable<TokensSchema['tokens.grants']>;

/** Why no token was given. For logs and metrics: the client only learns that the grant is invalid. */
export type RefusalReason =
  | 'approval_invalid'
  | 'approval_expired'
  | 'approval_replayed'
  | 'refresh_token_unknown'
  | 'refresh_token_reused'
  | 'grant_revoked'
  | 'grant_expired'
  | 'other_client';

export type GrantOutcome =
  | { granted: true; grant: Grant; refreshToken: string }
  /** Answered 400 `invalid_grant`. The session is null where none could be told. */
  | { granted: false; reason: RefusalReason; sessionId: string | null };

/** Which grants are meant. */
type GrantSelector =
  | { id: string }
  | { approval_id: string }
  | { application_id: string; session_id: string };

/**
 * Ends grants: none of their refresh tokens works any more. Access tokens already given run out by
 * themselves within ten minutes. A grant keeps the reason it was first revoked for.
 */
export async function revokeGrants(
  database: TokensDatabase,
  which: GrantSelector,
  reason: RevocationReason,
  now: Date,
): Promise<void> {
  await database
    .updateTable('tokens.grants')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('revoked_at', 'is', null)
    .where((column) => column.and(which))
    .execute();
}
