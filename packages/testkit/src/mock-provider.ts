import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Json = Record<string, unknown>;

export interface ProviderCall {
  method: string;
  path: string;
  apiKey: string | undefined;
  body: Json;
}

export interface ProviderAnswer {
  status: number;
  body?: Json;
}

export interface MockProvider {
  url: string;
  calls: ProviderCall[];
  /** Answers the next call like this instead of doing what it asks. */
  answerNext: (answer: ProviderAnswer) => void;
  close: () => Promise<void>;
}

/** A hosted verification provider as far as a client of it sees one: sessions, over real HTTP. */
export async function createMockProvider(apiKey: string): Promise<MockProvider> {
  const calls: ProviderCall[] = [];
  const answers: ProviderAnswer[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const sent = await text(request);
    const body = sent === '' ? {} : (JSON.parse(sent) as Json);
    const key = headers['x-api-key'] as string | undefined;
    calls.push({ method, path: url, apiKey: key, body });
    const { status, body: answer } = answers.shift() ?? reply(method, url, key, body);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(answer === undefined ? '' : JSON.stringify(answer));
  });

  function reply(
    method: string,
    path: string,
    key: string | undefined,
    body: Json,
  ): ProviderAnswer {
    if (key === undefined) return { status: 403, body: { detail: 'No key.' } };
    if (key !== apiKey) return { status: 401, body: { detail: 'Wrong key.' } };
    if (method === 'POST' && path === '/v3/session/') {
      const token = randomBytes(9).toString('base64url');
      return {
        status: 201,
        body: {
          session_id: randomUUID(),
          session_number: calls.length,
          session_token: token,
          url: `https://provider.example/en/session/${token}`,
          status: 'Not Started',
          workflow_id: body.workflow_id,
          vendor_data: body.vendor_data ?? null,
          metadata: body.metadata ?? null,
        },
      };
    }
    if (method === 'DELETE') return { status: 204 };
    return { status: 404, body: { detail: 'Not found.' } };
  }

  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answerNext: (answer) => void answers.push(answer),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
