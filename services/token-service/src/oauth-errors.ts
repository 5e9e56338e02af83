import type { ErrorCode, RegardError } from '@regard/contract';
import { toRegardError } from '@regard/service-kit';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** The `error` of RFC 6749 that a code of ours goes with; the rest is the caller's bad request. */
const OAUTH_ERRORS: Partial<Record<ErrorCode, string>> = {
  RGD_INVALID_GRANT: 'invalid_grant',
  RGD_UNSUPPORTED_GRANT: 'unsupported_grant_type',
  RGD_BAD_CLIENT: 'invalid_client',
  RGD_INTERNAL: 'server_error',
  RGD_UNAVAILABLE: 'temporarily_unavailable',
};

/**
 * Answers errors of the OAuth routes in the shape of RFC 6749, 5.2, with our `code` and `request_id`
 * beside it: `{ error, error_description, code, request_id }`.
 */
export function answerOauthError(
  thrown: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const error = toRegardError(thrown);
  if (error.status >= 500) request.log.error({ err: thrown, code: error.code }, 'request.failed');
  if (error.status === 401) reply.header('www-authenticate', 'Basic realm="regard"');
  if (error.retryAfterSeconds !== null) reply.header('retry-after', error.retryAfterSeconds);
  reply
    .code(error.status)
    .header('cache-control', 'no-store')
    .send({
      error: OAUTH_ERRORS[error.code] ?? 'invalid_request',
      error_description: describe(error),
      code: error.code,
      request_id: request.id,
    });
}

/** RFC 6749 allows printable ASCII without quotes and backslashes here. */
function describe(error: RegardError): string {
  const faults = Object.entries(error.fields ?? {}).map(([field, fault]) => `${field}: ${fault}`);
  const text = faults.length > 0 ? faults.join('; ') : error.message;
  return text.replaceAll('"', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
}
