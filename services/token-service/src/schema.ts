import type { ColumnType, Kysely } from 'kysely';

/** Schema `tokens`: read and written by the token-service only. */
export interface TokensSchema {
  'tokens.clients': ClientsTable;
  'tokens.grants': GrantsTable;
  'tokens.refresh_tokens': RefreshTokensTable;
}

export type TokensDatabase = Kysely<TokensSchema>;

/** An API key by its hash. An application may have several, so that keys can be exchanged. */
interface ClientsTable {
  key_hash: Buffer;
  application_id: string;
  created_at: ColumnType<Date, never, never>;
  revoked_at: Date | null;
}

export type RevocationReason = 'approval_replayed' | 'refresh_token_reused' | 'revoked_by_client';

/** What one approval was redeemed for: the family that all its refresh tokens belong to. */
interface GrantsTable {
  id: string;
  approval_id: string;
  application_id: string;
  subject: string;
  session_id: string;
  acr: string;
  amr: string[];
  /** The selfie the grant rests on. */
  authenticated_at: Date;
  created_at: Date;
  /** Absolute: refreshing does not move it. */
  expires_at: Date;
  revoked_at: Date | null;
  revoked_reason: RevocationReason | null;
}

/** Used ones stay, so that a second use is told from an unknown token. */
interface RefreshTokensTable {
  token_hash: Buffer;
  grant_id: string;
  issued_at: Date;
  used_at: Date | null;
}
