import { Agent, buildConnector, request } from 'undici';
import { AddressRefused, assertPublicHost, lookupPublic } from './public-address.ts';

/** An answer is read this far, so that its connection can be used again; the rest is not fetched. */
const MAX_ANSWER_BYTES = 16 * 1024;

const CONNECT_TIMEOUT_MS = 5000;

export type PostError =
  | 'HTTPS_REQUIRED'
  | 'ADDRESS_REFUSED'
  | 'TIMEOUT'
  | 'NAME_NOT_RESOLVED'
  | 'CONNECTION_FAILED'
  | 'TLS_FAILED';

export type PostResult =
  /** There was an answer, of whatever status; redirects are not followed. */
  { ok: true; status: number; retryAfter: string | undefined } | { ok: false; error: PostError };

export interface SafeHttp {
  /** Posts JSON. Never throws: what goes wrong is in the result. */
  post: (url: string, headers: Record<string, string>, body: string) => Promise<PostResult>;
  /** Closes idle connections and waits for those in use. */
  close: () => Promise<void>;
  /** Cuts all connections; posts under way end as CONNECTION_FAILED. */
  destroy: () => Promise<void>;
}

export interface SafeHttpOptions {
  /** Time for the whole exchange. */
  timeoutMs: number;
  /** Most connections to one origin. */
  connectionsPerOrigin: number;
  /** Allows private addresses and plain http. */
  allowPrivate: boolean;
}

/**
 * An HTTP client for urls that others chose: https only, public addresses only, no redirects,
 * bounded in time and in what it reads. Connections are kept and used again per origin.
 */
export function createSafeHttp(options: SafeHttpOptions): SafeHttp {
  const { timeoutMs, connectionsPerOrigin, allowPrivate } = options;
  const connect = buildConnector({
    timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs),
    allowH2: false,
    ...(!allowPrivate && { lookup: lookupPublic }),
  });
  const agent = new Agent({
    connections: connectionsPerOrigin,
    allowH2: false,
    keepAliveTimeout: 30_000,
    connect: allowPrivate ? connect : refusingPrivate(connect),
  });

  const post: SafeHttp['post'] = async (url, headers, body) => {
    if (!allowPrivate && !url.startsWith('https://')) return { ok: false, error: 'HTTPS_REQUIRED' };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(url, {
        method: 'POST',
        headers,
        body,
        dispatcher: agent,
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      // The status is the answer; a body that breaks off or hangs does not change it.
      await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => {});
      const retryAfter = answer.headers['retry-after'];
      return {
        ok: true,
        status: answer.statusCode,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      };
    } catch (error) {
      return { ok: false, error: errorCode(error, signal) };
    }
  };
  return { post, close: () => agent.close(), destroy: () => agent.destroy() };
}

function refusingPrivate(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    try {
      assertPublicHost(target.hostname);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    connect(target, callback);
  };
}

/** A stable code of why there was no answer: an error's own text may hold the url. */
function errorCode(error: unknown, signal: AbortSignal): PostError {
  if (error instanceof AddressRefused) return 'ADDRESS_REFUSED';
  const { code = '', name = '' } = error as { code?: string; name?: string };
  if (signal.aborted || /TIMEOUT|ETIMEDOUT/.test(code) || name === 'TimeoutError') {
    return 'TIMEOUT';
  }
  if (/^(ENOTFOUND|EAI_AGAIN|EAI_NODATA)$/.test(code)) return 'NAME_NOT_RESOLVED';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'TLS_FAILED';
  return 'CONNECTION_FAILED';
}
