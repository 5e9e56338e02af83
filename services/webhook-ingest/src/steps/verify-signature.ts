import type { IncomingHttpHeaders } from 'node:http';
import { checkSignature, type ErrorCode, RegardError, type SigningKey } from '@regard/contract';

const REFUSALS = {
  MISSING_SIGNATURE: 'RGD_MISSING_SIGNATURE',
  STALE_TIMESTAMP: 'RGD_STALE_TIMESTAMP',
  BAD_SIGNATURE: 'RGD_BAD_SIGNATURE',
} as const satisfies Record<string, ErrorCode>;

/**
 * Lets a webhook pass only when its raw bytes (or their canonical form) are signed with one of the
 * valid secrets and its timestamp is fresh.
 *
 * @throws RegardError 401 with the reason's code
 */
export function verifySignature(
  rawBody: Buffer,
  headers: IncomingHttpHeaders,
  keys: readonly SigningKey[],
  nowSeconds: number,
): void {
  const check = checkSignature(
    {
      rawBody,
      signature: single(headers['x-signature']),
      signatureV2: single(headers['x-signature-v2']),
      timestamp: single(headers['x-timestamp']),
    },
    keys,
    nowSeconds,
  );
  if (!check.ok) throw new RegardError(REFUSALS[check.reason]);
}

/** A header that was sent twice is as good as none: which one was meant is a guess. */
function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
