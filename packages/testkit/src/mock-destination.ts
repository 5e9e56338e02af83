import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ReceivedRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  /** The bytes as they came: signatures are over these. */
  rawBody: Buffer;
  receivedAt: Date;
}

/** How one request is answered. */
export type ScriptedAnswer =
  | { status: number; headers?: Record<string, string>; body?: string; delayMs?: number }
  /** Takes the request and never answers. */
  | 'hang'
  /** Cuts the connection instead of answering. */
  | 'reset';

export interface MockDestination {
  url: string;
  /** Oldest first; grows as requests come in. */
  requests: ReceivedRequest[];
  /** Answers for the next requests, one each; after the last one all get 200 again. */
  script: (...answers: ScriptedAnswer[]) => void;
  /** How every request is answered that has no answer in the script. Default: 200. */
  always: (answer: ScriptedAnswer) => void;
  close: () => Promise<void>;
}

/** A real HTTP server on 127.0.0.1 that records what it gets and answers as told. */
export async function createMockDestination(port = 0): Promise<MockDestination> {
  const requests: ReceivedRequest[] = [];
  const script: ScriptedAnswer[] = [];
  let otherwise: ScriptedAnswer = { status: 200 };
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const receivedAt = new Date();
    const rawBody = await buffer(request).catch(() => undefined);
    // The sender gave up half-way: there is no request to record and nobody to answer.
    if (rawBody === undefined) return;
    requests.push({ method, url, headers, rawBody, receivedAt });
    await answer(response, script.shift() ?? otherwise);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script: (...answers) => void script.push(...answers),
    always: (scripted) => {
      otherwise = scripted;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(response: ServerResponse, scripted: ScriptedAnswer): Promise<void> {
  if (scripted === 'hang') return;
  if (scripted === 'reset') {
    response.destroy();
    return;
  }
  const { status, headers = {}, body = '', delayMs = 0 } = scripted;
  if (delayMs > 0) await sleep(delayMs);
  response.writeHead(status, headers).end(body);
}
