import {
  buildHttp,
  createMetrics,
  type HttpApp,
  inScope,
  type Logger,
  type ReadinessCheck,
  registerRateLimits,
} from '@regard/service-kit';
import type { Redis } from 'ioredis';
import { requireApiKey } from './authenticate.ts';
import type { GatewayContext } from './context.ts';
import { registerDecisionRoute } from './routes/decisions.ts';
import { registerReturnRoute } from './routes/return.ts';
import { registerSessionRoutes } from './routes/sessions.ts';

export interface GatewayDeps {
  logger: Logger;
  context: GatewayContext;
  /** Counts requests; fail-fast. */
  redis: Redis;
  readiness: readonly ReadinessCheck[];
  trustProxy: boolean;
  createsPerMinute: number;
}

export async function buildGateway(deps: GatewayDeps): Promise<HttpApp> {
  const { logger, context, redis, readiness, trustProxy, createsPerMinute } = deps;
  const app = buildHttp({ logger, metrics: createMetrics('gateway'), readiness, trustProxy });
  await registerRateLimits(app, redis);
  inScope(app, (scope) => {
    requireApiKey(scope, context.db, context.now);
    registerSessionRoutes(scope, context, createsPerMinute);
    registerDecisionRoute(scope, context);
  });
  inScope(app, (scope) => registerReturnRoute(scope, context));
  return app;
}
