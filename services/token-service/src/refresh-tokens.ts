import { hashSecret, randomText } from '@regard/service-kit';
import type { TokensDatabase } from './schema.ts';

/** Makes a leaked token easy to find for secret scanners, and easy to tell from an access token. */
const PREFIX = 'rgd_rt_';
/** 43 URL-safe characters carry 258 bits. */
const RANDOM_CHARACTERS = 43;

/** Stores a new refresh token of a grant by its hash and returns it in the clear. */
export async function issueRefreshToken(
  database: TokensDatabase,
  grantId: string,
  now: Date,
): Promise<string> {
  const token = PREFIX + randomText(RANDOM_CHARACTERS);
  await database
    .insertInto('tokens.refresh_tokens')
    .values({ token_hash: hashSecret(token), grant_id: grantId, issued_at: now })
    .execute();
  return token;
}

export function isRefreshToken(text: string): boolean {
  return text.startsWith(PREFIX);
}
