import { RegardError } from '@regard/contract';
import { findClientByKey } from '../clients.ts';
import type { TokensDatabase } from '../schema.ts';

/** What a client may show of itself in a request. */
export interface ClientCredentials {
  /** `Authorization` header: HTTP Basic of application id and API key. */
  authorization: string | undefined;
  /** `x-api-key` header: the key alone. */
  apiKey: string | undefined;
  /** Form members of `client_secret_post`. */
  clientId: string | undefined;
  clientSecret: string | undefined;
}

/**
 * Finds out which application is asking.
 *
 * @returns its application id
 * @throws RegardError RGD_BAD_CLIENT when no key, a wrong one, or more than one is shown
 */
export async function authenticateClient(
  credentials: ClientCredentials,
  database: TokensDatabase,
): Promise<string> {
  const shown = shownKey(credentials);
  if (shown === null) throw new RegardError('RGD_BAD_CLIENT');
  const applicationId = await findClientByKey(database, shown.apiKey);
  const named = [shown.clientId, credentials.clientId].filter((id) => id !== undefined);
  if (applicationId === null || named.some((id) => id !== applicationId)) {
    throw new RegardError('RGD_BAD_CLIENT');
  }
  return applicationId;
}

/** More than one way at a time is refused (RFC 6749, 2.3): it hides which of them was believed. */
function shownKey({ authorization, apiKey, clientId, clientSecret }: ClientCredentials) {
  const basic = authorization === undefined ? undefined : readBasic(authorization);
  const post = clientSecret === undefined ? undefined : { clientId, apiKey: clientSecret };
  const header = apiKey === undefined ? undefined : { clientId: undefined, apiKey };
  const shown = [basic, post, header].filter((key) => key !== undefined);
  const [only] = shown;
  return shown.length === 1 && only ? only : null;
}

/** Both parts are form-encoded before they are joined (RFC 6749, 2.3.1). */
function readBasic(authorization: string): { clientId: string; apiKey: string } | null {
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) return null;
  try {
    return {
      clientId: formDecode(pair.slice(0, colon)),
      apiKey: formDecode(pair.slice(colon + 1)),
    };
  } catch {
    return null;
  }
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
