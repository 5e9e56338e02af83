import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from '@fastify/helmet';
import { type ErrorCode, RegardError } from '@regard/contract';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  isResponseSerializationError,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { isConnectionTrouble } from './connection-trouble.ts';
import { checkReadiness, type ReadinessCheck } from './health.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

export interface HttpOptions {
  logger: Logger;
  metrics: Metrics;
  readiness: readonly ReadinessCheck[];
  /** Largest request body in bytes; routes may set their own. */
  bodyLimit?: number;
  /** Whether `X-Forwarded-For` is to be believed: only behind a proxy of one's own. */
  trustProxy?: boolean;
}

/** A Fastify app whose routes are typed by their zod schemas. */
export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/**
 * The Fastify app every service starts from: zod schemas, request ids, one error shape, security
 * headers, one log line a request, `/livez`, `/readyz` and `/metrics`.
 */
export function buildHttp(options: HttpOptions): HttpApp {
  const { logger, metrics, readiness, bodyLimit, trustProxy } = options;
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimit ?? 256 * 1024,
    trustProxy: trustProxy ?? false,
    genReqId: () => randomUUID(),
    requestTimeout: 30_000,
    // Both `/v3/session/` and `/v3/session` are answered, without a redirect that would drop headers.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    onProtoPoisoning: 'error',
  })
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(serializerCompiler)
    .withTypeProvider<ZodTypeProvider>();

  app.register(helmet, {
    global: true,
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    referrerPolicy: { policy: 'no-referrer' },
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = toRegardError(error);
    if (answer.status >= 500)
      request.log.error({ err: error, errorCode: answer.code }, 'request.failed');
    if (answer.retryAfterSeconds !== null) reply.header('retry-after', answer.retryAfterSeconds);
    reply.code(answer.status).header('cache-control', 'no-store').send(answer.toBody(request.id));
  });
  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send(new RegardError('RGD_NOT_FOUND').toBody(request.id));
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  observeRequests(app, metrics);
  addProbes(app, metrics, readiness);
  return app;
}

/** Registers routes whose hooks and parsers are to stay among themselves. */
export function inScope(app: HttpApp, register: (scope: HttpApp) => void): void {
  // Fastify forgets the type provider of the app in its plugins' signature; it is the same app.
  app.register(async (instance) => register(instance as unknown as HttpApp));
}

/** One wide line and one histogram sample a request, by route pattern: never a url or a body. */
function observeRequests(app: HttpApp, metrics: Metrics): void {
  const seconds = metrics.duration('http_request_duration_seconds', 'Time to answer, by route.', [
    'method',
    'route',
    'status',
  ]);
  app.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    const { method } = request;
    const status = reply.statusCode;
    seconds.observe({ method, route, status }, reply.elapsedTime / 1000);
    if (isProbe(route)) return;
    const line = { method, route, status, ms: Math.round(reply.elapsedTime) };
    request.log.info(line, 'request.completed');
  });
}

function addProbes(
  app: FastifyInstance,
  metrics: Metrics,
  checks: readonly ReadinessCheck[],
): void {
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const readiness = await checkReadiness(checks);
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unmatched';
}

function isProbe(route: string): boolean {
  return route === '/livez' || route === '/readyz' || route === '/metrics';
}

/** Codes of errors that Fastify and its plugins raise before a handler runs. */
const FRAMEWORK_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'RGD_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'RGD_UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'RGD_MALFORMED_JSON',
  FST_ERR_CTP_INVALID_JSON_BODY: 'RGD_MALFORMED_JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'RGD_INVALID_REQUEST',
  FST_ERR_VALIDATION: 'RGD_INVALID_REQUEST',
  FST_ERR_BAD_URL: 'RGD_NOT_FOUND',
};

/** Turns whatever was thrown into the one error the caller may see. */
export function toRegardError(error: FastifyError): RegardError {
  if (error instanceof RegardError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    return new RegardError('RGD_INVALID_REQUEST', { fields: fieldFaults(error.validation) });
  }
  if (isResponseSerializationError(error)) {
    return new RegardError('RGD_INTERNAL', { cause: error });
  }
  const known = FRAMEWORK_CODES[error.code];
  if (known) return new RegardError(known);
  if (isConnectionTrouble(error)) {
    return new RegardError('RGD_UNAVAILABLE', { retryAfterSeconds: 1, cause: error });
  }
  if (error instanceof SyntaxError && error.statusCode === 400) {
    return new RegardError('RGD_MALFORMED_JSON');
  }
  return new RegardError('RGD_INTERNAL', { cause: error });
}

function fieldFaults(issues: readonly { instancePath: string; message?: string | undefined }[]) {
  const fields: Record<string, string[]> = {};
  for (const issue of issues) {
    const path = issue.instancePath.split('/').filter(Boolean).join('.') || 'non_field_errors';
    fields[path] = [...(fields[path] ?? []), issue.message ?? 'Not valid.'];
  }
  return fields;
}
