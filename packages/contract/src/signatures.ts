import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { JsonObject } from './json.ts';

/** Largest difference between a webhook's timestamp and our clock, either way. */
export const TIMESTAMP_TOLERANCE_SECONDS = 300;

/** A webhook secret ready for use. Keeping the KeyObject is about four times faster than raw text. */
export type SigningKey = KeyObject;

/** The secret's text is the key as it stands, UTF-8, never base64-decoded. */
export function signingKey(secret: string): SigningKey {
  if (secret.length === 0) throw new Error('A webhook secret must not be empty');
  return createSecretKey(Buffer.from(secret, 'utf8'));
}

export interface SignatureHeaders {
  'x-signature': string;
  'x-signature-v2': string;
  'x-signature-simple': string;
  'x-timestamp': string;
}

/**
 * Signs a body that is already canonical, so that `X-Signature` and `X-Signature-V2` hold the same
 * hex and every common receiver passes (docs/decisions/0004).
 *
 * @param body canonical text, exactly the bytes that will be sent
 * @param event the parsed body, for `X-Signature-Simple`
 * @param timestamp unix seconds of this attempt
 */
export function signCanonicalBody(
  body: string,
  event: JsonObject,
  key: SigningKey,
  timestamp: number,
): SignatureHeaders {
  const signature = hmacHex(key, body);
  return {
    'x-signature': signature,
    'x-signature-v2': signature,
    'x-signature-simple': hmacHex(key, simplePreimage(event, timestamp)),
    'x-timestamp': String(timestamp),
  };
}

/** `{timestamp}:{session_id}:{status}:{webhook_type}`; a missing value is the empty string. */
export function simplePreimage(event: JsonObject, timestamp: number): string {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return [timestamp, text(event.session_id), text(event.status), text(event.webhook_type)].join(
    ':',
  );
}

export type SignatureRefusal = 'MISSING_SIGNATURE' | 'STALE_TIMESTAMP' | 'BAD_SIGNATURE';

export type SignatureCheck =
  | { ok: true; matched: 'raw' | 'canonical' }
  | { ok: false; reason: SignatureRefusal };

export interface IncomingSignature {
  rawBody: Buffer;
  /** `X-Signature`: covers the raw bytes only. */
  signature: string | undefined;
  /** `X-Signature-V2`: covers the raw bytes or their canonical form. */
  signatureV2: string | undefined;
  timestamp: string | undefined;
}

/**
 * Decides whether a webhook comes from a holder of one of the currently valid secrets.
 * `X-Signature-Simple` is not looked at: it leaves the decision unsigned.
 *
 * @param keys every currently valid secret (two during a rotation); none means nothing is accepted
 * @param nowSeconds unix seconds of our clock
 */
export function checkSignature(
  incoming: IncomingSignature,
  keys: readonly SigningKey[],
  nowSeconds: number,
): SignatureCheck {
  const v2 = hexDigest(incoming.signatureV2);
  const v1 = hexDigest(incoming.signature);
  if (incoming.timestamp === undefined || (v1 === null && v2 === null)) {
    return { ok: false, reason: 'MISSING_SIGNATURE' };
  }
  if (!/^\d{1,12}$/.test(incoming.timestamp) || !isFresh(Number(incoming.timestamp), nowSeconds)) {
    return { ok: false, reason: 'STALE_TIMESTAMP' };
  }
  const given = [v1, v2].filter((digest) => digest !== null);
  if (matchesAny(given, keys, incoming.rawBody)) return { ok: true, matched: 'raw' };
  const canonical = v2 === null ? null : canonicalOf(incoming.rawBody);
  if (v2 !== null && canonical !== null && matchesAny([v2], keys, canonical)) {
    return { ok: true, matched: 'canonical' };
  }
  return { ok: false, reason: 'BAD_SIGNATURE' };
}

/** Whether a timestamp in unix seconds lies within the tolerance of our clock. */
export function isFresh(timestampSeconds: number, nowSeconds: number): boolean {
  return Math.abs(nowSeconds - timestampSeconds) <= TIMESTAMP_TOLERANCE_SECONDS;
}

function hmacHex(key: SigningKey, data: string | Buffer): string {
  return createHmac('sha256', key).update(data).digest('hex');
}

function hexDigest(text: string | undefined): Buffer | null {
  return text !== undefined && /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : null;
}

function matchesAny(given: Buffer[], keys: readonly SigningKey[], data: string | Buffer): boolean {
  let matched = false;
  for (const key of keys) {
    const expected = createHmac('sha256', key).update(data).digest();
    for (const digest of given) matched = timingSafeEqual(expected, digest) || matched;
  }
  return matched;
}

function canonicalOf(rawBody: Buffer): string | null {
  try {
    return canonicalJson(JSON.parse(rawBody.toString('utf8')));
  } catch {
    return null;
  }
}
