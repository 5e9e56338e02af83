import {
  incomingWebhookSchema,
  isFresh,
  type JsonValue,
  parseUntrustedJson,
  RegardError,
  toVerdict,
  type Verdict,
} from '@regard/contract';

/**
 * Reads the verdict out of a body whose signature has been verified. The body's own timestamp must
 * be fresh too: the header is not covered by the signature, so it alone would let a recorded
 * webhook be sent again under a new time.
 *
 * @returns null for a type of webhook that carries no verdict
 * @throws RegardError 400 for what is not a webhook, 401 for one that is stale
 */
export function readVerdict(rawBody: Buffer, nowSeconds: number): Verdict | null {
  const json = parseUntrustedJson(rawBody.toString('utf8'));
  if (!json.ok) throw new RegardError('RGD_MALFORMED_JSON');
  if (isOfOtherType(json.value)) return null;
  const parsed = incomingWebhookSchema.safeParse(json.value);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => [
      issue.path.join('.') || 'body',
      issue.message,
    ]);
    throw new RegardError('RGD_INVALID_REQUEST', { fields: Object.fromEntries(fields) });
  }
  if (!isFresh(parsed.data.timestamp, nowSeconds)) throw new RegardError('RGD_STALE_TIMESTAMP');
  return toVerdict(parsed.data);
}

/** Users, businesses and the like: a session's fields are not to be expected in them. */
function isOfOtherType(value: JsonValue): boolean {
  const type = (value as { webhook_type?: unknown } | null)?.webhook_type;
  return typeof type === 'string' && type !== 'status.updated';
}
