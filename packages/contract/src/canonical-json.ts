import type { JsonValue } from './json.ts';

/**
 * The canonical text that `X-Signature-V2` covers (docs/api/contract.md, "Signatures"): keys sorted by
 * Unicode code point at every level, compact separators, no escapes but those JSON needs, integral
 * numbers without a fraction, nulls kept. It is not RFC 8785, which sorts by UTF-16 unit.
 *
 * @throws TypeError on NaN and infinities, which JSON cannot carry
 * @throws RangeError on numbers of 1e21 and beyond
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

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError('JSON cannot carry NaN or an infinity');
  // From here on every language prints an integer differently; we write none and vouch for none.
  if (Math.abs(value) >= 1e21) throw new RangeError('This number has no canonical form');
  return JSON.stringify(value);
}

function byCodePoint(left: string, right: string): number {
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left.charCodeAt(i) === right.charCodeAt(i)) continue;
    // Equal up to here; inside a pair the whole code points begin one unit before.
    const low = left.charCodeAt(i) & 0xfc00;
    const start = i > 0 && low === 0xdc00 ? i - 1 : i;
    return (left.codePointAt(start) ?? 0) - (right.codePointAt(start) ?? 0);
  }
  return left.length - right.length;
}
