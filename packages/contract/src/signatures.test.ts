import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attemptBody,
  canonicalJson,
  checkSignature,
  type JsonObject,
  type JsonValue,
  signCanonicalBody,
  signingKey,
  simplePreimage,
} from './index.ts';
import signatureVectors from './signature-vectors.json' with { type: 'json' };

const { vectors } = signatureVectors;

const hmac = (secret: string, text: string | Buffer) =>
  createHmac('sha256', secret).update(text).digest('hex');

describe.each(vectors)('test vector $name', (vector) => {
  const rawBody = Buffer.from(vector.bodyBase64, 'base64');
  const body = JSON.parse(rawBody.toString('utf8')) as JsonObject;
  const timestamp = String(vector.timestamp);
  const keys = [signingKey(vector.secret)];
  const check = (headers: { v1?: string; v2?: string }, now = vector.timestamp) =>
    checkSignature(
      { rawBody, signature: headers.v1, signatureV2: headers.v2, timestamp },
      keys,
      now,
    );

  it('has the canonical text', () => {
    expect(canonicalJson(body)).toBe(vector.canonical);
  });

  it('gives the three signatures', () => {
    const headers = signCanonicalBody(
      canonicalJson(body),
      body,
      signingKey(vector.secret),
      vector.timestamp,
    );
    expect(headers['x-signature-v2']).toBe(vector.signatureV2);
    expect(headers['x-signature']).toBe(vector.signatureV2);
    expect(headers['x-signature-simple']).toBe(vector.signatureSimple);
    expect(headers['x-timestamp']).toBe(timestamp);
    expect(hmac(vector.secret, rawBody)).toBe(vector.signature);
  });

  it('is accepted under either header', () => {
    expect(check({ v2: vector.signatureV2 }).ok).toBe(true);
    expect(check({ v1: vector.signature })).toEqual({ ok: true, matched: 'raw' });
    expect(check({ v1: vector.signature, v2: vector.signatureV2 }).ok).toBe(true);
  });

  it('is refused under the wrong readings of V2, and under Simple', () => {
    for (const wrong of [
      vector.wrongAsciiEscaped,
      vector.wrongTimestampPrefixed,
      vector.signatureSimple,
    ]) {
      expect(check({ v2: wrong })).toEqual({ ok: false, reason: 'BAD_SIGNATURE' });
    }
    expect(hmac(vector.secret, escapeNonAscii(vector.canonical))).toBe(vector.wrongAsciiEscaped);
    expect(hmac(vector.secret, `${timestamp}:${vector.canonical}`)).toBe(
      vector.wrongTimestampPrefixed,
    );
  });

  it('is fresh for 300 seconds either way and not one more', () => {
    const signed = { v2: vector.signatureV2 };
    for (const offset of [-300, 300])
      expect(check(signed, vector.timestamp + offset).ok).toBe(true);
    for (const offset of [-301, 301]) {
      const stale = { ok: false, reason: 'STALE_TIMESTAMP' };
      expect(check(signed, vector.timestamp + offset)).toEqual(stale);
    }
  });
});

const json = fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<JsonValue>;
const event = fc.dictionary(fc.string(), json) as fc.Arbitrary<JsonObject>;
const secret = fc.string({ minLength: 1 });

describe('signatures', () => {
  it('accepts every body of ours under every valid secret', () => {
    fc.assert(
      fc.property(event, secret, secret, fc.nat(2 ** 31), (body, mine, other, now) => {
        fc.pre(hasCanonicalForm(body));
        const text = attemptBody(body, now);
        const parsed = JSON.parse(text) as JsonObject;
        const headers = signCanonicalBody(text, parsed, signingKey(mine), now);
        const incoming = {
          rawBody: Buffer.from(text),
          signature: undefined,
          signatureV2: headers['x-signature-v2'],
          timestamp: headers['x-timestamp'],
        };
        expect(checkSignature(incoming, [signingKey(other), signingKey(mine)], now).ok).toBe(true);
        const shuffled = Buffer.from(JSON.stringify(parsed, null, 2));
        const reserialised = { ...incoming, rawBody: shuffled };
        expect(checkSignature(reserialised, [signingKey(mine)], now).ok).toBe(true);
      }),
    );
  });

  it('refuses a body changed in any one byte', () => {
    fc.assert(
      fc.property(
        event,
        secret,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (body, key, at, flip) => {
          fc.pre(hasCanonicalForm(body));
          const text = attemptBody(body, 1000);
          const rawBody = Buffer.from(text);
          const index = at % rawBody.length;
          rawBody[index] = (rawBody[index] ?? 0) ^ flip;
          const headers = signCanonicalBody(text, body, signingKey(key), 1000);
          const incoming = {
            rawBody,
            signature: headers['x-signature'],
            signatureV2: headers['x-signature-v2'],
            timestamp: '1000',
          };
          // A changed byte may still be the same JSON (a blank, say); then it is the same message.
          const same = canonicalOrNull(rawBody) === text;
          expect(checkSignature(incoming, [signingKey(key)], 1000).ok).toBe(same);
        },
      ),
    );
  });

  it('lets nothing in without a secret, a signature or a timestamp', () => {
    const rawBody = Buffer.from('{}');
    const good = hmac('secret', rawBody);
    const incoming = { rawBody, signature: good, signatureV2: good, timestamp: '1000' };
    expect(checkSignature(incoming, [], 1000)).toEqual({ ok: false, reason: 'BAD_SIGNATURE' });
    const missing = { ok: false, reason: 'MISSING_SIGNATURE' };
    const key = [signingKey('secret')];
    expect(checkSignature({ ...incoming, timestamp: undefined }, key, 1000)).toEqual(missing);
    const unsigned = { ...incoming, signature: undefined, signatureV2: undefined };
    expect(checkSignature(unsigned, key, 1000)).toEqual(missing);
    const garbled = { ...incoming, signature: 'zz', signatureV2: `${good}00` };
    expect(checkSignature(garbled, key, 1000)).toEqual(missing);
    for (const timestamp of ['1e3', ' 1000', '1000.0', '-1000', '']) {
      expect(checkSignature({ ...incoming, timestamp }, key, 1000).ok).toBe(false);
    }
    expect(() => signingKey('')).toThrow();
  });

  it('keeps the colons of Simple where values are missing', () => {
    expect(simplePreimage({}, 7)).toBe('7:::');
  });
});

describe('canonical JSON', () => {
  it('reads back as the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        fc.pre(hasCanonicalForm(value));
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('sorts keys by code point: integer-like keys as text, astral keys after the rest', () => {
    expect(canonicalJson({ '10': 1, '9': 2, a: 3 })).toBe('{"10":1,"9":2,"a":3}');
    expect(canonicalJson({ '\u{1F642}': 1, '\u{1F601}': 2 })).toBe('{"\u{1F601}":2,"\u{1F642}":1}');
    expect(canonicalJson({ '\u{1F642}': 1, '\uFB01': 2 })).toBe('{"\uFB01":2,"\u{1F642}":1}');
  });

  it('writes integers without a fraction or an exponent', () => {
    expect(canonicalJson([96.0, -0, 1e20, 0.5])).toBe('[96,0,100000000000000000000,0.5]');
    expect(() => canonicalJson([1e21])).toThrow(RangeError);
    expect(() => canonicalJson([Number.NaN])).toThrow(TypeError);
  });
});

function hasCanonicalForm(value: JsonValue): boolean {
  try {
    canonicalJson(value);
    return true;
  } catch {
    return false;
  }
}

/** The wrong reading of receivers that re-create the body with everything but ASCII escaped. */
function escapeNonAscii(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function canonicalOrNull(rawBody: Buffer): string | null {
  try {
    return canonicalJson(JSON.parse(rawBody.toString('utf8')));
  } catch {
    return null;
  }
}
