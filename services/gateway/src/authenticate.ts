import { RegardError } from '@regard/contract';
import type { HttpApp } from '@regard/service-kit';
import { type Application, type Database, findApplicationByKey } from '@regard/store';
import type { FastifyRequest } from 'fastify';

const applications = new WeakMap<FastifyRequest, Application>();

/**
 * Lets only requests with a valid API key into the routes of a scope, before their body is read:
 * 403 without a key, 401 with a wrong, revoked or expired one.
 */
export function requireApiKey(scope: HttpApp, db: Database, now: () => Date): void {
  scope.addHook('preParsing', async (request) => {
    const key = request.headers['x-api-key'];
    if (typeof key !== 'string' || key === '') throw new RegardError('RGD_MISSING_API_KEY');
    const found = await findApplicationByKey(db, key, now());
    if (!found.ok) {
      throw new RegardError(found.reason === 'EXPIRED' ? 'RGD_EXPIRED_API_KEY' : 'RGD_BAD_API_KEY');
    }
    applications.set(request, found.application);
  });
}

/** The application of a request that {@link requireApiKey} let in. */
export function applicationOf(request: FastifyRequest): Application {
  const application = applications.get(request);
  if (application === undefined) throw new Error('This route is outside the scope of API keys');
  return application;
}
