import {
  createdSessionSchema,
  createSessionSchema,
  deletedSessionSchema,
  deleteSessionSchema,
  type JsonObject,
  listSessionsSchema,
  RegardError,
} from '@regard/contract';
import { type HttpApp, limited } from '@regard/service-kit';
import { findOwnSession, listSessions } from '@regard/store';
import { z } from 'zod';
import { applicationOf } from '../authenticate.ts';
import type { GatewayContext } from '../context.ts';
import { approvalCode } from '../steps/approval-code.ts';
import { removeSession } from '../steps/delete-session.ts';
import { openSession } from '../steps/open-session.ts';
import { updateStatus } from '../steps/update-status.ts';
import { sessionRow } from './session-row.ts';

/** A 2 MB portrait in base64, and the rest of the body. */
const CREATE_BODY_LIMIT = 3 * 1024 * 1024;

const idParams = z.object({ id: z.string().max(64) });

/** Opening, listing, changing and deleting sessions, for relying apps. */
export function registerSessionRoutes(
  app: HttpApp,
  context: GatewayContext,
  createsPerMinute: number,
): void {
  const { db } = context;

  app.post(
    '/v3/session/',
    {
      bodyLimit: CREATE_BODY_LIMIT,
      onRequest: limited(app, 'session-create', createsPerMinute),
      schema: { body: createSessionSchema, response: { 201: createdSessionSchema } },
    },
    async (request, reply) => {
      const application = applicationOf(request);
      const session = await openSession(context, application, request.body);
      const code = session.method === 'SKIP' ? await approvalCode(context, session) : null;
      reply.code(201).header('cache-control', 'no-store');
      return {
        session_id: session.id,
        session_number: session.session_number,
        session_kind: 'user' as const,
        session_token: session.session_token,
        url: session.url,
        vendor_data: session.vendor_data,
        metadata: session.metadata,
        status: session.status,
        callback: session.callback,
        workflow_id: session.workflow_id,
        workflow_version: session.workflow_version,
        method: session.method,
        entry_reason: session.entry_reason,
        ...(code !== null && { code }),
      };
    },
  );

  app.get(
    '/v3/sessions/',
    { onRequest: limited(app, 'generic-get'), schema: { querystring: listSessionsSchema } },
    async (request) => {
      const application = applicationOf(request);
      const { sessions, count } = await listSessions(db, application.id, request.query);
      const { limit, offset } = request.query;
      const page = (start: number) => pageUrl(context.publicUrl, request.url, start);
      return {
        count,
        next: offset + limit < count ? page(offset + limit) : null,
        previous: offset > 0 ? page(Math.max(0, offset - limit)) : null,
        results: sessions.map(sessionRow),
      };
    },
  );

  app.patch(
    '/v3/session/:id/update-status/',
    { onRequest: limited(app, 'generic-write'), schema: { params: idParams } },
    async (request) => {
      const application = applicationOf(request);
      const id = sessionId(request.params.id);
      const session = await updateStatus(context, application.id, id, request.body);
      if (session === null) throw new RegardError('RGD_NOT_FOUND');
      return { session_id: session.id };
    },
  );

  app.delete(
    '/v3/session/:id/delete/',
    {
      onRequest: limited(app, 'generic-write'),
      schema: {
        params: idParams,
        body: deleteSessionSchema,
        response: { 200: deletedSessionSchema },
      },
    },
    async (request) => {
      const application = applicationOf(request);
      const session = await findOwnSession(db, application.id, sessionId(request.params.id));
      if (session === null) throw new RegardError('RGD_NOT_FOUND');
      return removeSession(context, session, (request.body ?? {}) as JsonObject);
    },
  );
}

/** An id that is no UUID is as unknown as any other; Postgres must not see it. */
export function sessionId(text: string): string {
  const parsed = z.uuid().safeParse(text);
  if (!parsed.success) throw new RegardError('RGD_NOT_FOUND');
  return parsed.data;
}

function pageUrl(publicUrl: string, path: string, offset: number): string {
  const url = new URL(`${publicUrl}${path}`);
  url.searchParams.set('offset', String(offset));
  return url.toString();
}
