import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  type CreatedSession,
  checkSignature,
  type JsonObject,
  type SessionStatus,
  signingKey,
} from '@regard/contract';
import { waitFor } from './wait-for.ts';

export interface ReceivedEvent {
  /** Unix milliseconds at which the last byte was read. */
  receivedAt: number;
  body: JsonObject & { session_id: string; status: SessionStatus; sequence: number };
}

export interface TokenAnswer {
  status: number;
  body: { access_token?: string; refresh_token?: string; code?: string; [member: string]: unknown };
}

export interface RelyingApp {
  /** Where its webhooks go. */
  webhookUrl: string;
  /** Where browsers come back to. */
  callbackUrl: string;
  /** Signed events in the order they came. */
  events: ReceivedEvent[];
  /** How many webhooks it refused because their signature was wrong. */
  refused: () => number;
  connect: (to: AppConnection) => void;
  open: (session: JsonObject) => Promise<{ status: number; body: CreatedSession }>;
  decision: (sessionId: string) => Promise<JsonObject>;
  redeem: (code: string) => Promise<TokenAnswer>;
  /** The event that tells the session reached this status. */
  told: (sessionId: string, status: SessionStatus, timeoutMs?: number) => Promise<ReceivedEvent>;
  close: () => Promise<void>;
}

export interface AppConnection {
  gatewayUrl: string;
  tokenServiceUrl: string;
  applicationId: string;
  apiKey: string;
  /** Shared secret of its destination. */
  webhookSecret: string;
}

/**
 * A relying app as its developer would write one: opens sessions, takes signed webhooks, redeems
 * codes. It starts before it is connected, because its webhook url is part of the set-up.
 */
export async function createRelyingApp(): Promise<RelyingApp> {
  const events: ReceivedEvent[] = [];
  let connection: AppConnection | undefined;
  let refused = 0;
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Back in the app</title><h1>Back in the app</h1>');
      return;
    }
    const rawBody = await buffer(request);
    const receivedAt = Date.now();
    const { ok } = checkSignature(
      {
        rawBody,
        signature: request.headers['x-signature'] as string | undefined,
        signatureV2: request.headers['x-signature-v2'] as string | undefined,
        timestamp: request.headers['x-timestamp'] as string | undefined,
      },
      connection ? [signingKey(connection.webhookSecret)] : [],
      Math.floor(receivedAt / 1000),
    );
    if (ok) events.push({ receivedAt, body: JSON.parse(rawBody.toString()) });
    else refused += 1;
    response.writeHead(ok ? 200 : 401).end();
  }

  function connected(): AppConnection {
    if (connection === undefined) throw new Error('The app is not connected yet');
    return connection;
  }

  async function call(method: string, path: string, body?: JsonObject) {
    const { gatewayUrl, apiKey } = connected();
    const response = await fetch(`${gatewayUrl}${path}`, {
      method,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as never };
  }

  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    webhookUrl: `${url}/webhooks`,
    callbackUrl: `${url}/done`,
    events,
    refused: () => refused,
    connect: (to) => {
      connection = to;
    },
    open: (session) => call('POST', '/v3/session/', session),
    decision: async (id) => (await call('GET', `/v3/session/${id}/decision/?include=events`)).body,
    redeem: async (code) => {
      const { tokenServiceUrl, applicationId, apiKey } = connected();
      const response = await fetch(`${tokenServiceUrl}/v3/token/`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${applicationId}:${apiKey}`)}` },
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: code,
        }),
      });
      return { status: response.status, body: (await response.json()) as TokenAnswer['body'] };
    },
    told: (sessionId, status, timeoutMs = 10_000) =>
      waitFor(
        () => events.find(({ body }) => body.session_id === sessionId && body.status === status),
        { what: `the webhook that says ${status}`, timeoutMs, intervalMs: 2 },
      ),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
