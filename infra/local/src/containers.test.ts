import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dockerAnswers } from './containers.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regard-docker-'));
});
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** An engine that answers every request with this line, or not at all. */
async function engine(statusLine?: string): Promise<NodeJS.ProcessEnv> {
  const path = join(folder, 'docker.sock');
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (statusLine !== undefined) socket.end(`${statusLine}\r\n\r\nOK`);
  }).listen(path);
  await once(server, 'listening');
  return { DOCKER_HOST: `unix://${path}` };
}

it('sees an engine that answers', async () => {
  expect(await dockerAnswers(await engine('HTTP/1.1 200 OK'))).toBe(true);
});

it('is not content with a client program, a refusal or silence', async () => {
  expect(await dockerAnswers({ DOCKER_HOST: `unix://${join(folder, 'none.sock')}` })).toBe(false);
  expect(await dockerAnswers(await engine('HTTP/1.1 403 Forbidden'))).toBe(false);
});

it('does not wait longer than 2 seconds', async () => {
  const started = Date.now();
  expect(await dockerAnswers(await engine())).toBe(false);
  expect(Date.now() - started).toBeLessThan(3000);
});
