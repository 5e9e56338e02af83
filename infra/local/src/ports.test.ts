import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { choosePorts, freePort, isPortFree } from './ports.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function occupy(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
}

it('tells taken ports from free ones', async () => {
  const port = await freePort();
  expect(await isPortFree(port)).toBe(true);
  await occupy(port);
  expect(await isPortFree(port)).toBe(false);
});

it('keeps to the base that was asked for, and says which port is taken', async () => {
  const base = await freePort();
  expect(await choosePorts({ one: 0 }, base)).toEqual({ one: base });
  await occupy(base);
  await expect(choosePorts({ one: 0 }, base)).rejects.toThrow(`Port ${base} is taken`);
});

it('moves the whole block when one of its ports is taken', async () => {
  const first = await choosePorts({ one: 0, two: 1 });
  await occupy(first.two);
  const second = await choosePorts({ one: 0, two: 1 });
  expect(second.one).toBeGreaterThan(first.two);
  expect(second.two).toBe(second.one + 1);
});
