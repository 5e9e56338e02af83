import { createHash } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import { RegardError } from '@regard/contract';
import type { FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import type { HttpApp } from './http.ts';

/**
 * Requests a minute for each scope, per API key, else per address
 * (docs/api/contract.md, "Rate limits").
 */
export const RATE_LIMITS = {
  'generic-get': 600,
  'generic-write': 300,
  'session-create': 600,
} as const;

export type RateLimitScope = keyof typeof RATE_LIMITS;

/**
 * Counts requests in Redis. It fails open: when Redis is away traffic goes on unlimited, because a
 * traffic limit must not turn a Redis outage into a sign-in outage. Attempt lockouts do not rest
 * on it; they live in Postgres.
 */
export async function registerRateLimits(app: HttpApp, redis: Redis): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    redis,
    nameSpace: 'regard:rate:',
    timeWindow: 60_000,
    skipOnError: true,
    enableDraftSpec: false,
    keyGenerator: callerOf,
    addHeaders: {
      'x-ratelimit-limit': true,
      'x-ratelimit-remaining': true,
      'x-ratelimit-reset': true,
      'retry-after': true,
    },
    errorResponseBuilder: (_request, context) =>
      new RegardError('RGD_RATE_LIMITED', { retryAfterSeconds: Math.ceil(context.ttl / 1000) }),
  });
  // The plugin reports seconds left; the contract wants the moment in epoch seconds.
  app.addHook('onSend', async (_request, reply) => {
    const secondsLeft = Number(reply.getHeader('x-ratelimit-reset'));
    if (Number.isFinite(secondsLeft) && secondsLeft > 0 && secondsLeft < 1_000_000) {
      reply.header('x-ratelimit-reset', Math.ceil(Date.now() / 1000 + secondsLeft));
    }
  });
}

/**
 * The `onRequest` of a route that is counted in a scope: one counter a scope and caller, shared by
 * its routes. (The plugin's own route option would count each route by itself in Redis.)
 *
 * @param max requests a minute, where a deployment sets its own
 */
export function limited(app: HttpApp, scope: RateLimitScope, max: number = RATE_LIMITS[scope]) {
  const keyGenerator = (request: FastifyRequest) => `${scope}:${callerOf(request)}`;
  return app.rateLimit({ max, keyGenerator });
}

/** Keys are counted by their hash: a Redis listing must not show one. */
function callerOf(request: FastifyRequest): string {
  const key = request.headers['x-api-key'];
  if (typeof key !== 'string') return `ip:${request.ip}`;
  return `key:${createHash('sha256').update(key).digest('base64url').slice(0, 22)}`;
}
