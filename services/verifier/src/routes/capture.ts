import { RegardError } from '@regard/contract';
import { type HttpApp, inScope } from '@regard/service-kit';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { attemptsLeft, type CaptureAnswer, refusalError } from '../capture-answer.ts';
import type { VerifierContext } from '../context.ts';
import { acceptImages } from '../image-body.ts';
import { enrolFace } from '../steps/enrol-face.ts';
import { type OpenCapture, openCapture } from '../steps/open-capture.ts';
import { startChallenge } from '../steps/start-challenge.ts';
import { takeChallengeFrame } from '../steps/take-challenge-frame.ts';
import { verifySelfie } from '../steps/verify-selfie.ts';
import { ENROLMENT_FRAMES } from '../workflows.ts';

const tokenParams = z.object({ token: z.string().max(64) });

const openedSchema = z.object({
  method: z.enum(['PASSIVE', 'ACTIVE_3D']),
  /** Frames a whole capture takes; null when the challenge says. */
  frames: z.number().int().nullable(),
  attempts_left: z.number().int(),
});

/** Status words and what to do next: no score, no reason a cheat could learn from. */
const capturedSchema = z.object({
  status: z.enum(['In Progress', 'Approved', 'Declined', 'In Review']),
  next: z.enum(['frame', 'challenge', 'outcome']),
  frames_left: z.number().int(),
  attempts_left: z.number().int(),
});

const challengeSchema = z.object({
  nonce: z.string(),
  moves: z.array(z.string()),
  /** One picture for each, in this order. */
  frames: z.array(z.string()),
  expires_in_seconds: z.number().int(),
});

/** What the capture page calls; the token of the link is the right to do so. */
export function registerCaptureRoutes(app: HttpApp, context: VerifierContext): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  app.post(
    '/session/:token/open',
    { schema: { params: tokenParams, response: { 200: openedSchema } } },
    async (request) => {
      const { session, workflow } = await openCapture(context, request.params.token);
      const frames = workflow.enrolment ? ENROLMENT_FRAMES : 1;
      return {
        method: workflow.method,
        frames: workflow.method === 'ACTIVE_3D' ? null : frames,
        attempts_left: attemptsLeft(workflow, session),
      };
    },
  );
  app.post(
    '/session/:token/challenge',
    { schema: { params: tokenParams, response: { 200: challengeSchema } } },
    async (request) => {
      const capture = await openCapture(context, request.params.token);
      if (capture.workflow.method !== 'ACTIVE_3D') throw new RegardError('RGD_NOT_FOUND');
      const started = await startChallenge(context, capture);
      if (!started.ok) throw new RegardError('RGD_CAPTURE_CLOSED');
      return {
        nonce: started.nonce,
        moves: started.moves,
        frames: ['frontal', ...started.moves],
        expires_in_seconds: started.expiresInSeconds,
      };
    },
  );
  inScope(app, (scope) => {
    acceptImages(scope);
    registerFrameRoutes(scope, context);
  });
}

function registerFrameRoutes(app: HttpApp, context: VerifierContext): void {
  const captures = new WeakMap<FastifyRequest, OpenCapture>();
  // Before the body is read: a picture for a link that takes none is not even received.
  app.addHook('preParsing', async (request) => {
    const { token } = request.params as { token: string };
    captures.set(request, await openCapture(context, token));
  });
  const captureOf = (request: FastifyRequest) => captures.get(request) as OpenCapture;

  app.post(
    '/session/:token/frames',
    {
      schema: {
        params: tokenParams,
        querystring: z.object({ last: z.enum(['true', 'false']).default('false') }),
        response: { 200: capturedSchema },
      },
    },
    async (request) => {
      const capture = captureOf(request);
      if (capture.workflow.method !== 'PASSIVE') throw new RegardError('RGD_CHALLENGE_MISMATCH');
      const image = imageOf(request.body);
      const last = request.query.last === 'true';
      const answer = capture.workflow.enrolment
        ? await enrolFace(context, capture, image, last)
        : await verifySelfie(context, capture, image);
      return toWire(answer, capture);
    },
  );
  app.post(
    '/session/:token/challenge/:nonce/frames/:index',
    {
      schema: {
        params: tokenParams.extend({
          nonce: z.string().max(64),
          index: z.coerce.number().int().min(0).max(16),
        }),
        response: { 200: capturedSchema },
      },
    },
    async (request) => {
      const { nonce, index } = request.params;
      const capture = captureOf(request);
      const frame = { nonce, index, image: imageOf(request.body) };
      return toWire(await takeChallengeFrame(context, capture, frame), capture);
    },
  );
}

function imageOf(body: unknown): Buffer {
  if (!Buffer.isBuffer(body)) throw new RegardError('RGD_UNSUPPORTED_MEDIA_TYPE');
  return body;
}

function toWire(answer: CaptureAnswer, { session, workflow }: OpenCapture) {
  switch (answer.kind) {
    case 'refused':
      throw refusalError(answer);
    case 'finished':
      return {
        status: answer.status as 'Approved' | 'Declined' | 'In Review',
        next: 'outcome' as const,
        frames_left: 0,
        attempts_left: attemptsLeft(workflow, session),
      };
    default:
      return {
        status: 'In Progress' as const,
        next: answer.kind === 'more' ? ('frame' as const) : ('challenge' as const),
        frames_left: answer.kind === 'more' ? answer.framesLeft : 0,
        attempts_left: answer.attemptsLeft,
      };
  }
}
