import {
  createdSessionSchema,
  createSessionSchema,
  deletedSessionSchema,
  deleteSessionSchema,
  RegardError,
} from '@regard/contract';
import type { HttpApp } from '@regard/service-kit';
import { z } from 'zod';
import type { VerifierContext } from '../context.ts';
import { decisionObject } from '../decision-object.ts';
import { findSession } from '../session-store.ts';
import { createSession } from '../steps/create-session.ts';
import { deleteSession } from '../steps/delete-session.ts';
import { WORKFLOW_VERSION } from '../workflows.ts';

/** A 2 MB portrait in base64, and the rest of the body. */
const CREATE_BODY_LIMIT = 3 * 1024 * 1024;

const idParams = z.object({ id: z.string().max(64) });
const createdSchema = createdSessionSchema.omit({ method: true, entry_reason: true, code: true });

/** The provider API: what a gateway may do with sessions. */
export function registerSessionRoutes(app: HttpApp, context: VerifierContext): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  app.post(
    '/v3/session/',
    {
      bodyLimit: CREATE_BODY_LIMIT,
      schema: { body: createSessionSchema, response: { 201: createdSchema } },
    },
    async (request, reply) => {
      const { workflow_type: type } = request.body;
      if (type !== undefined && type !== 'biometric_authentication') {
        throw new RegardError('RGD_WORKFLOW_TYPE_MISMATCH');
      }
      const { session, token } = await createSession(context, request.body);
      reply.code(201);
      return {
        session_id: session.id,
        session_number: session.session_number,
        session_kind: 'user' as const,
        session_token: token,
        url: `${context.publicUrl}/${session.language}/session/${token}`,
        vendor_data: session.vendor_data,
        metadata: session.metadata,
        status: session.status,
        callback: session.callback,
        workflow_id: session.workflow_id,
        workflow_version: WORKFLOW_VERSION,
      };
    },
  );

  app.get('/v3/session/:id/decision/', { schema: { params: idParams } }, async (request) => {
    const session = await findSession(context.db, sessionId(request.params.id));
    if (session === null) throw new RegardError('RGD_NOT_FOUND');
    return decisionObject(session);
  });

  app.delete(
    '/v3/session/:id/delete/',
    {
      schema: {
        params: idParams,
        body: deleteSessionSchema,
        response: { 200: deletedSessionSchema },
      },
    },
    async (request) => {
      const body = request.body ?? deleteSessionSchema.unwrap().unwrap().parse({});
      const deleted = await deleteSession(context.db, sessionId(request.params.id), body);
      if (deleted === null) throw new RegardError('RGD_NOT_FOUND');
      return deleted;
    },
  );
}

/** An id that is no UUID is as unknown as any other; Postgres must not see it. */
function sessionId(text: string): string {
  const parsed = z.uuid().safeParse(text);
  if (!parsed.success) throw new RegardError('RGD_NOT_FOUND');
  return parsed.data;
}
