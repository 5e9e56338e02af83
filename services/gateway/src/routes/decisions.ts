import { RegardError } from '@regard/contract';
import { type HttpApp, limited } from '@regard/service-kit';
import { decisionObject, findOwnSession, flatDecision, sessionEvents } from '@regard/store';
import { z } from 'zod';
import { applicationOf } from '../authenticate.ts';
import type { GatewayContext } from '../context.ts';
import { sessionId } from './sessions.ts';

/** `GET /v3/session/{id}/decision/`: what became of a session, with every review by hand. */
export function registerDecisionRoute(app: HttpApp, { db }: GatewayContext): void {
  app.get(
    '/v3/session/:id/decision/',
    {
      onRequest: limited(app, 'generic-get'),
      schema: {
        params: z.object({ id: z.string().max(64) }),
        querystring: z.object({ include: z.string().max(64).optional() }),
      },
    },
    async (request, reply) => {
      const application = applicationOf(request);
      const session = await findOwnSession(db, application.id, sessionId(request.params.id));
      if (session === null) throw new RegardError('RGD_NOT_FOUND');
      const events = await sessionEvents(db, session.id);
      const reviews = events.filter((event) => event.caused_by === 'review');
      reply.header('cache-control', 'no-store');
      return {
        ...decisionObject(session, reviews),
        ...flatDecision(session),
        ...(request.query.include?.split(',').includes('events') && {
          events: events.map((event) => ({
            sequence: event.sequence,
            status: event.status,
            previous_status: event.previous_status,
            caused_by: event.caused_by,
            reason: event.reason,
            created_at: event.created_at.toISOString(),
          })),
        }),
      };
    },
  );
}
