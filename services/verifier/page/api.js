// @ts-check
// What the page asks of the verifier. The token in the path is the right to ask.

/**
 * @typedef {{ status: string, next: 'frame' | 'challenge' | 'outcome', frames_left: number,
 *   attempts_left: number }} Captured
 * @typedef {{ ok: true, body: any } | { ok: false, status: number, body: any }} Answer
 */

/** Overload answers with 503 or 429 and a time to wait; so many are waited for. */
const MAX_WAITS = 6;
/** A picture on a slow network may take its time, but a page must not hang for ever. */
const TIMEOUT_MS = 30_000;

/**
 * @param {string} base path of this session's routes
 * @param {(waiting: boolean) => void} onWait told when the service is busy, and when it goes on
 */
export function createApi(base, onWait) {
  /** @returns {Promise<Answer>} */
  async function call(/** @type {string} */ path, /** @type {RequestInit} */ init) {
    for (let waits = 0; ; waits += 1) {
      const response = await fetch(`${base}${path}`, {
        cache: 'no-store',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...init,
      });
      const body = await response.json().catch(() => ({}));
      if (response.ok) return { ok: true, body };
      const busy = response.status === 503 || response.status === 429;
      if (!busy || waits === MAX_WAITS) return { ok: false, status: response.status, body };
      onWait(true);
      await pause(1000 * Number(response.headers.get('retry-after') ?? 1));
      onWait(false);
    }
  }
  const post = (/** @type {string} */ path) => call(path, { method: 'POST' });
  const image = (/** @type {string} */ path, /** @type {Blob} */ blob) =>
    call(path, { method: 'POST', body: blob, headers: { 'content-type': blob.type } });

  return {
    open: () => post('/open'),
    startChallenge: () => post('/challenge'),
    sendFrame: (/** @type {Blob} */ blob) => image('/frames', blob),
    /** The only picture there will be, also where more would be welcome. */
    sendOnlyFrame: (/** @type {Blob} */ blob) => image('/frames?last=true', blob),
    sendChallengeFrame: (
      /** @type {string} */ nonce,
      /** @type {number} */ index,
      /** @type {Blob} */ blob,
    ) => image(`/challenge/${nonce}/frames/${index}`, blob),
    outcome: () => call('/outcome', { method: 'GET' }),
  };
}

/** @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
