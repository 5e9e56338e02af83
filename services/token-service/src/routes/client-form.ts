import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ClientCredentials } from '../steps/authenticate-client.ts';

/** A form member: once, and treated as left out when it has no value (RFC 6749, 3.2). */
export function member(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .transform((text) => (text === '' ? undefined : text))
    .optional();
}

/** Members of `client_secret_post`, which every OAuth form may have. */
export const clientMembers = { client_id: member(200), client_secret: member(200) };

/** Everything in a request that a client may authenticate with. */
export function credentialsOf(
  request: FastifyRequest,
  body: { client_id?: string | undefined; client_secret?: string | undefined },
): ClientCredentials {
  const apiKey = request.headers['x-api-key'];
  return {
    authorization: request.headers.authorization,
    apiKey: Array.isArray(apiKey) ? apiKey.join() : apiKey,
    clientId: body.client_id,
    clientSecret: body.client_secret,
  };
}
