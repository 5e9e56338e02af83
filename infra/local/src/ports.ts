import { createServer } from 'node:net';

/** First port of the block that is tried when none is asked for. */
const DEFAULT_BASE = 4400;
/** Distance between one block and the next that is tried. */
const BLOCK = 20;
const MAX_BLOCKS = 500;

/** Whether a server could listen on this port of 127.0.0.1 now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

/** A port nobody listens on, chosen by the system. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/**
 * Gives each name a port: `base` + its offset. Without a base the first block from 4400 on that is
 * wholly free is taken, so that a second stack beside a first one is as easy to read.
 *
 * @throws when a base was asked for and one of its ports is taken
 */
export async function choosePorts<Name extends string>(
  offsets: Record<Name, number>,
  base?: number,
): Promise<Record<Name, number>> {
  if (base !== undefined) {
    const taken = await takenPorts(offsets, base);
    if (taken.length === 0) return atBase(offsets, base);
    throw new Error(
      `Port ${taken.join(', ')} is taken on 127.0.0.1. Choose another --port-base, or leave it out to have free ports chosen.`,
    );
  }
  for (let block = 0; block < MAX_BLOCKS; block += 1) {
    const candidate = DEFAULT_BASE + block * BLOCK;
    if ((await takenPorts(offsets, candidate)).length === 0) return atBase(offsets, candidate);
  }
  throw new Error('No block of free ports was found. Choose one with --port-base.');
}

async function takenPorts(offsets: Record<string, number>, base: number): Promise<number[]> {
  const ports = Object.values(offsets).map((offset) => base + offset);
  const free = await Promise.all(ports.map(isPortFree));
  return ports.filter((_, index) => !free[index]);
}

function atBase<Name extends string>(offsets: Record<Name, number>, base: number) {
  const entries = Object.entries<number>(offsets).map(([name, offset]) => [name, base + offset]);
  return Object.fromEntries(entries) as Record<Name, number>;
}
