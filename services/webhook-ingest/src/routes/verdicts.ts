import { RegardError, type SigningKey, type Verdict } from '@regard/contract';
import type { Producer } from '@regard/queues';
import { type HttpApp, inScope, type Metrics } from '@regard/service-kit';
import { enqueueVerdict } from '../steps/enqueue-verdict.ts';
import { readVerdict } from '../steps/read-verdict.ts';
import { verifySignature } from '../steps/verify-signature.ts';

/** Largest webhook body (requirement IN-5). */
const MAX_BODY_BYTES = 1024 * 1024;

export interface VerdictRouteDeps {
  verdicts: Producer<Verdict>;
  keys: readonly SigningKey[];
  metrics: Metrics;
  /** Unix milliseconds. */
  now: () => number;
}

/** `POST /webhooks/verdicts`: verify, read, queue, answer 202. Nothing else happens on this path. */
export function registerVerdictRoute(app: HttpApp, deps: VerdictRouteDeps): void {
  const received = deps.metrics.counter(
    'webhooks_received_total',
    'Webhooks from the verification provider, by what became of them.',
    ['outcome'],
  );
  inScope(app, (scope) => {
    // The signature covers the bytes as they came, so nothing may parse them before.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    scope.post('/webhooks/verdicts', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
      const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const nowSeconds = Math.floor(deps.now() / 1000);
      try {
        verifySignature(rawBody, request.headers, deps.keys, nowSeconds);
        const verdict = readVerdict(rawBody, nowSeconds);
        if (verdict !== null) await enqueueVerdict(deps.verdicts, verdict);
        received.inc({ outcome: verdict === null ? 'other_type' : 'queued' });
      } catch (error) {
        received.inc({ outcome: error instanceof RegardError ? error.code : 'RGD_INTERNAL' });
        throw error;
      }
      return reply.code(202).send({ accepted: true });
    });
  });
}
