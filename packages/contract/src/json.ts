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

export type JsonFault = 'NOT_JSON' | 'TOO_DEEP' | 'FORBIDDEN_KEY';

/**
 * Parses text from outside and refuses what could hurt later code: nesting deeper than
 * {@link MAX_JSON_DEPTH} and the key that reaches an object's prototype.
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
  const fault = findFault(value, MAX_JSON_DEPTH);
  return fault === null ? { ok: true, value } : { ok: false, fault };
}

function findFault(value: JsonValue, depthLeft: number): JsonFault | null {
  if (value === null || typeof value !== 'object') return null;
  if (depthLeft === 0) return 'TOO_DEEP';
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return 'FORBIDDEN_KEY';
    const fault = findFault((value as JsonObject)[key] as JsonValue, depthLeft - 1);
    if (fault !== null) return fault;
  }
  return null;
}
