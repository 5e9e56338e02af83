import { RegardError } from '@regard/contract';
import { type HttpApp, sameSecret } from '@regard/service-kit';

/** Lets only gateways into the routes of a scope, before their body is read. */
export function requireApiKey(scope: HttpApp, apiKeys: readonly string[]): void {
  scope.addHook('onRequest', async (request) => {
    const key = request.headers['x-api-key'];
    if (typeof key !== 'string' || key === '') throw new RegardError('RGD_MISSING_API_KEY');
    // Every key is compared, so the time does not tell which one was nearly right.
    const matches = apiKeys.filter((known) => sameSecret(known, key));
    if (matches.length === 0) throw new RegardError('RGD_BAD_API_KEY');
  });
}
