import { RegardError } from '@regard/contract';
import type { HttpApp } from '@regard/service-kit';
import { z } from 'zod';
import type { TokenServiceDeps } from '../dependencies.ts';
import { authenticateClient } from '../steps/authenticate-client.ts';
import { revokeToken } from '../steps/revoke-token.ts';
import { clientMembers, credentialsOf, member } from './client-form.ts';

/** `token_type_hint` is not read: the two kinds of token cannot be confused. */
const revokeForm = z.object({ ...clientMembers, token: member(8192) });

/** `POST /v3/token/revoke/` (RFC 7009): 200 for every token an authenticated client names. */
export function addRevokeRoute(scope: HttpApp, deps: TokenServiceDeps): void {
  const schema = { body: revokeForm, response: { 200: z.object({}) } };
  scope.post('/v3/token/revoke/', { schema }, async (request, reply) => {
    const { body } = request;
    const applicationId = await authenticateClient(credentialsOf(request, body), deps.database);
    if (body.token === undefined) {
      throw new RegardError('RGD_INVALID_REQUEST', { fields: { token: 'is required' } });
    }
    await revokeToken(body.token, applicationId, deps.database, deps.accessTokens, deps.now());
    reply.header('cache-control', 'no-store');
    return {};
  });
}
