import formbody from '@fastify/formbody';
import { buildHttp, type HttpApp } from '@regard/service-kit';
import type { TokenServiceDeps } from './dependencies.ts';
import { createGrantReport } from './grant-report.ts';
import { answerOauthError } from './oauth-errors.ts';
import { addKeyRoutes } from './routes/keys.ts';
import { addRevokeRoute } from './routes/revoke.ts';
import { addTokenRoute } from './routes/token.ts';

export type { TokenServiceDeps } from './dependencies.ts';

/** Largest form: an approval is some 600 bytes. */
const FORM_LIMIT_BYTES = 16 * 1024;

/** Builds the token-service: `/v3/token/`, `/v3/token/revoke/` and the public keys. */
export function buildTokenService(deps: TokenServiceDeps): HttpApp {
  const { logger, metrics, readiness } = deps;
  const app = buildHttp({ logger, metrics, readiness, bodyLimit: FORM_LIMIT_BYTES });
  const reportGrant = createGrantReport(metrics);
  addKeyRoutes(app, deps.accessTokens);
  app.register(async (scope: HttpApp) => {
    // Forms only (RFC 6749, 3.2); any other content type is answered 415.
    scope.removeAllContentTypeParsers();
    scope.register(formbody);
    scope.setErrorHandler(answerOauthError);
    addTokenRoute(scope, deps, reportGrant);
    addRevokeRoute(scope, deps);
  });
  return app;
}
