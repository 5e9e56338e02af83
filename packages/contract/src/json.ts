/** A value that JSON can carry. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue };

export type JsonObject = { [key: string]: JsonValue };

/** Deepest nesting we accept from outside; deeper is refused before anything walks the value. */
export const MAX_JSON_DEPTH = 32;

export type JsonFault = 'NOT_JSON' | 'TOO_DEEP' | 'FORBIDDEN_KEY' | 'UNSTORABLE_TEXT';

/**
 * Parses text from outside and refuses what could hurt later code: nesting deeper than
 * {@link MAX_JSON_DEPTH} the key that reaches an object's prototype,
 * and text that no database can store.
 */
export function parseUntrustedJson(
  text: string,
): { ok: true; value: JsonValue } | { ok: false; fault: JsonFault } {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return { ok: false, fault: 'NOT_JSON' };
  }
  const fault = jsonFault(value);
  return fault === null ? { ok: true, value } : { ok: false, fault };
}

/** Whether text is whole Unicode without NUL: Postgres stores nothing else. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

/** The first thing wrong with a parsed value, or null. */
export function jsonFault(value: JsonValue): JsonFault | null {
  return findFault(value, MAX_JSON_DEPTH);
}

function findFault(value: JsonValue, depthLeft: number): JsonFault | null {
  if (typeof value === 'string') return isStorableText(value) ? null : 'UNSTORABLE_TEXT';
  if (value === null || typeof value !== 'object') return null;
  if (depthLeft === 0) return 'TOO_DEEP';
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return 'FORBIDDEN_KEY';
    if (!isStorableText(key)) return 'UNSTORABLE_TEXT';
    const fault = findFault((value as JsonObject)[key] as JsonValue, depthLeft - 1);
    if (fault !== null) return fault;
  }
  return null;
}
