import type { JsonValue } from './json.ts';

/**
 * The canonical text that `X-Signature-V2` covers (docs/api/contract.md, "Signatures"): keys sorted by
 * Unicode code point at every level, compact separators, no escapes but those JSON needs, integral
 * numbers without a fraction, nulls kept. It is not RFC 8785, which sorts by UTF-16 unit.
 *
 * @throws TypeError on NaN and infinities, which JSON cannot carry.
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  // Text is joined by hand: a rebuilt object would put integer-like keys first, in numeric order.
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort(byCodePoint)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}

/**
 * The same text with everything outside ASCII as `\u` escapes: the wire form that some receivers
 * re-create. Offered per destination; its HMAC is never put into `X-Signature-V2`.
 */
export function escapeNonAscii(canonicalText: string): string {
  return canonicalText.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError('JSON cannot carry NaN or an infinity');
  // From 1e21 on JavaScript would switch to exponents; an integer is written with all its digits.
  if (Number.isInteger(value) && Math.abs(value) >= 1e21) return BigInt(value).toString();
  return JSON.stringify(value);
}

function byCodePoint(left: string, right: string): number {
  const a = [...left];
  const b = [...right];
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i]?.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
