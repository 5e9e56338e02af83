import { attemptBody, type JsonObject, type SigningKey, signCanonicalBody } from '@regard/contract';
import { Agent, request } from 'undici';

const CONNECT_TIMEOUT_MS = 1000;
/** For the whole exchange. */
const TIMEOUT_MS = 5000;

export type SendResult =
  | { ok: true }
  /** The receiver answered, but not with 2xx. */
  | { ok: false; status: number }
  /** There was no answer. */
  | { ok: false; status: null; kind: string };

export interface WebhookClient {
  /** Makes one attempt: its own timestamp, signed anew. Never throws. */
  post: (event: JsonObject) => Promise<SendResult>;
  close: () => Promise<void>;
}

export function createWebhookClient(url: string, key: SigningKey, now: () => Date): WebhookClient {
  const agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    keepAliveTimeout: 30_000,
    connections: 32,
  });
  return {
    post: async (event) => {
      const timestamp = Math.floor(now().getTime() / 1000);
      const body = attemptBody(event, timestamp);
      try {
        const answer = await request(url, {
          method: 'POST',
          dispatcher: agent,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'RegardWebhook/1.0',
            ...signCanonicalBody(body, event, key, timestamp),
          },
          body,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await answer.body.dump();
        const ok = answer.statusCode >= 200 && answer.statusCode < 300;
        return ok ? { ok } : { ok, status: answer.statusCode };
      } catch (error) {
        const { code, name } = error as Error & { code?: string };
        return { ok: false, status: null, kind: code ?? name };
      }
    },
    close: () => agent.destroy(),
  };
}
