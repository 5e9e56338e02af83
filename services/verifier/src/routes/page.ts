import { LANGUAGES, RegardError } from '@regard/contract';
import type { HttpApp } from '@regard/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { VerifierContext } from '../context.ts';
import { findAsset } from '../page-assets.ts';
import { capturePage, closedPage, type PageKind } from '../page-html.ts';
import { textsOf } from '../page-texts.ts';
import type { SessionRow } from '../schema.ts';
import { findSessionByToken, isOpen } from '../session-store.ts';
import { findWorkflow, type VerifierWorkflow } from '../workflows.ts';
import { returnUrl } from './outcome.ts';

/** The page may use its own files, its own camera picture, and nothing else. */
const CONTENT_POLICY = {
  // The defaults of helmet would upgrade our own files to https where there is none.
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ['blob:', 'data:'],
    mediaSrc: ['blob:'],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** The hosted capture page and its files. */
export function registerPageRoutes(app: HttpApp, context: VerifierContext): void {
  const { db } = context;
  // Relative to the host: the page works under every name the verifier is reached by.
  const basePath = new URL(context.publicUrl).pathname.replace(/\/$/, '');

  app.get(
    '/:lang/session/:token',
    {
      helmet: { contentSecurityPolicy: CONTENT_POLICY },
      schema: { params: z.object({ lang: z.string().max(16), token: z.string().max(64) }) },
    },
    async (request, reply) => {
      const { lang, token } = request.params;
      // A language nobody speaks is no page of ours.
      if (!LANGUAGES.includes(lang)) throw new RegardError('RGD_NOT_FOUND');
      const texts = textsOf(lang);
      const session = await findSessionByToken(db, token);
      if (session === null) {
        return html(reply, 404, closedPage(texts, 'unknown', { basePath, returnUrl: null }));
      }
      const workflow = findWorkflow(session.workflow_id);
      if (workflow === null || !isOpen(session, context.now())) {
        const link = { basePath, returnUrl: backUrl(session) };
        return html(reply, 410, closedPage(texts, closedReason(session), link));
      }
      return html(reply, 200, capturePage(texts, { token, kind: kindOf(workflow), basePath }));
    },
  );

  app.get(
    '/page/:version/:name',
    { schema: { params: z.object({ version: z.string().max(64), name: z.string().max(64) }) } },
    async (request, reply) => {
      const asset = findAsset(request.params.version, request.params.name);
      if (asset === null) throw new RegardError('RGD_NOT_FOUND');
      return reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .type(asset.type)
        .send(asset.content);
    },
  );
}

function html(reply: FastifyReply, status: number, page: string) {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .header('permissions-policy', 'camera=(self), microphone=(), geolocation=()')
    .type('text/html; charset=utf-8')
    .send(page);
}

function kindOf({ enrolment, method }: VerifierWorkflow): PageKind {
  if (enrolment) return 'enrolment';
  return method === 'ACTIVE_3D' ? 'active' : 'passive';
}

function closedReason({ status }: SessionRow): 'used' | 'expired' {
  return status === 'Approved' || status === 'Declined' || status === 'In Review'
    ? 'used'
    : 'expired';
}

function backUrl({ callback, id, status }: SessionRow): string | null {
  return callback && returnUrl(callback, id, status);
}
