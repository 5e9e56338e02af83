import { createHash } from 'node:crypto';
import { RegardError } from '@regard/contract';
import type { HttpApp } from '@regard/service-kit';
import { findSession } from '@regard/store';
import { z } from 'zod';
import type { GatewayContext } from '../context.ts';
import { continueSession } from '../steps/continue-session.ts';
import { sessionId } from './sessions.ts';

const STYLE = `
:root { color-scheme: light dark; font: 18px/1.5 system-ui, sans-serif; }
body { min-height: 100vh; margin: 0; display: grid; place-items: center; text-align: center; }
main { padding: 2rem; max-width: 26rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
p { margin: 0; opacity: .75; }`;

/** Only this style may apply; nothing else on the page is allowed to load or run. */
const POLICY = {
  directives: {
    defaultSrc: ["'none'"],
    styleSrc: [`'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`],
    frameAncestors: ["'none'"],
    formAction: ["'none'"],
  },
};

/** The page a browser comes back to from the provider; it leads on to the app (or the next step). */
export function registerReturnRoute(app: HttpApp, context: GatewayContext): void {
  app.get(
    '/session/:id/:proof',
    {
      helmet: { contentSecurityPolicy: POLICY },
      schema: {
        params: z.object({ id: z.string().max(64), proof: z.string().max(64) }),
        querystring: z.object({ verificationSessionId: z.string().max(64).optional() }),
      },
    },
    async (request, reply) => {
      const id = sessionId(request.params.id);
      if (!context.isLinkProof(id, request.params.proof)) throw new RegardError('RGD_NOT_FOUND');
      const session = await findSession(context.db, id);
      if (session === null) throw new RegardError('RGD_NOT_FOUND');
      const from = request.query.verificationSessionId ?? null;
      const next = await continueSession(context, session, from);
      reply.header('cache-control', 'no-store');
      if (next.kind === 'redirect') return reply.redirect(next.url, 303);
      if (next.kind === 'wait') {
        return reply.header('refresh', '2').type('text/html; charset=utf-8').send(waitingPage());
      }
      return reply.type('text/html; charset=utf-8').send(finishedPage(next.status));
    },
  );
}

function waitingPage(): string {
  return page('One moment', 'Your selfie has arrived. This takes a little longer than usual.');
}

function finishedPage(status: string): string {
  const approved = status === 'Approved';
  return approved
    ? page('You are signed in', 'You can close this page and go back to the app.')
    : page('Thank you', 'Go back to the app to see what comes next.');
}

function page(title: string, sentence: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body><main role="status"><h1>${title}</h1><p>${sentence}</p></main></body>
</html>`;
}
