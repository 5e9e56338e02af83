import { hashSecret } from '@regard/service-kit';
import type { TokensDatabase } from './schema.ts';

export type { TokensDatabase, TokensSchema } from './schema.ts';

/** An application and one of its API keys. */
export interface ClientKey {
  /** UUID; the OAuth `client_id`. */
  applicationId: string;
  /** In the clear; only its hash is stored. */
  apiKey: string;
}

/**
 * Lets an application ask for tokens with an API key. Doing it again changes nothing. An
 * application may have any number of keys.
 *
 * @throws Error when the key was revoked, or is another application's
 */
export async function registerClient(
  database: TokensDatabase,
  { applicationId, apiKey }: ClientKey,
): Promise<void> {
  const keyHash = hashSecret(apiKey);
  await database
    .insertInto('tokens.clients')
    .values({ key_hash: keyHash, application_id: applicationId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const owner = await findClientByKey(database, apiKey);
  if (owner !== applicationId) {
    throw new Error('This API key was revoked or belongs to another application');
  }
}

/** Takes an API key out of use, from its next request on. Tokens it obtained stay. */
export async function revokeClient(
  database: TokensDatabase,
  { applicationId, apiKey }: ClientKey,
): Promise<void> {
  await database
    .updateTable('tokens.clients')
    .set({ revoked_at: new Date() })
    .where('key_hash', '=', hashSecret(apiKey))
    .where('application_id', '=', applicationId)
    .where('revoked_at', 'is', null)
    .execute();
}

/** The application an API key stands for; null when it is unknown or revoked. */
export async function findClientByKey(
  database: TokensDatabase,
  apiKey: string,
): Promise<string | null> {
  const row = await database
    .selectFrom('tokens.clients')
    .select('application_id')
    .where('key_hash', '=', hashSecret(apiKey))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row?.application_id ?? null;
}
