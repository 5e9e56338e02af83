import { RegardError, SESSION_STATUSES } from '@regard/contract';
import type { HttpApp } from '@regard/service-kit';
import { z } from 'zod';
import type { VerifierContext } from '../context.ts';
import { findSessionByToken } from '../session-store.ts';

const DEFAULT_WAIT_SECONDS = 20;

const outcomeAnswer = z.object({
  /** Whether `status` is the decision; otherwise it is only what the verifier itself found. */
  decided: z.boolean(),
  status: z.enum(SESSION_STATUSES),
  /** Where the browser goes on to; null when the session was opened without a callback. */
  return_url: z.string().nullable(),
});

/** Long poll of the page that has sent its last frame. */
export function registerOutcomeRoute(app: HttpApp, { db, outcomes }: VerifierContext): void {
  app.get(
    '/session/:token/outcome',
    {
      schema: {
        params: z.object({ token: z.string().max(64) }),
        querystring: z.object({
          wait_seconds: z.coerce
            .number()
            .min(0)
            .max(DEFAULT_WAIT_SECONDS)
            .default(DEFAULT_WAIT_SECONDS),
        }),
        response: { 200: outcomeAnswer },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { token } = request.params;
      const session = await findSessionByToken(db, token);
      if (session === null) throw new RegardError('RGD_NOT_FOUND');
      const decision = await outcomes.wait(session.id, request.query.wait_seconds * 1000);
      // Without a decision the session is read again: it may have been finished meanwhile.
      const status = decision ?? (await findSessionByToken(db, token))?.status ?? session.status;
      return {
        decided: decision !== null,
        status,
        return_url: session.callback && returnUrl(session.callback, session.id, status),
      };
    },
  );
}

/** The callback with what the contract appends; its own parameters stay. Nothing in it is proof. */
export function returnUrl(callback: string, sessionId: string, status: string): string {
  const url = new URL(callback);
  url.searchParams.append('verificationSessionId', sessionId);
  url.searchParams.append('status', status);
  return url.href;
}
