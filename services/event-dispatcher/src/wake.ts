import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@regard/service-kit';
import pg from 'pg';

/** A lost notification costs no more than this. */
const SWEEP_INTERVAL_MS = 1000;

const RECONNECT_PAUSE_MS = 500;

export interface WakeOptions {
  databaseUrl: string;
  /** Postgres channel to listen on. */
  channel: string;
  logger: Logger;
  /** Called on a notification. */
  onNotify: () => void;
  /** Called every second, and after the connection was made anew: notifications may be missing. */
  onSweep: () => void;
}

/**
 * Listens for notifications on a connection of its own, for as long as it is not closed.
 *
 * @returns resolves as soon as the first connection listens or failed to; sweeping goes on anyway
 */
export async function startWaking(options: WakeOptions): Promise<{ close: () => Promise<void> }> {
  const { logger, onSweep } = options;
  const closing = new AbortController();
  const firstTry = Promise.withResolvers<void>();
  const listening = (async () => {
    while (!closing.signal.aborted) {
      try {
        await listenUntilLost(options, closing.signal, () => {
          firstTry.resolve();
          onSweep();
        });
      } catch (error) {
        const { code, name } = error as Error & { code?: string };
        logger.warn({ kind: code ?? name }, 'listen.failed');
      }
      firstTry.resolve();
      await sleep(RECONNECT_PAUSE_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  })();
  const timer = setInterval(onSweep, SWEEP_INTERVAL_MS);
  await firstTry.promise;
  return {
    close: async () => {
      clearInterval(timer);
      closing.abort();
      await listening;
    },
  };
}

/** Resolves when asked to stop, rejects when the connection breaks. */
function listenUntilLost(
  { databaseUrl, channel, onNotify }: WakeOptions,
  signal: AbortSignal,
  onListening: () => void,
): Promise<void> {
  return withClient(databaseUrl, async (client, lost) => {
    client.on('notification', onNotify);
    await client.query(`listen ${client.escapeIdentifier(channel)}`);
    onListening();
    const asked = Promise.withResolvers<void>();
    const stop = () => asked.resolve();
    signal.addEventListener('abort', stop, { once: true });
    if (!signal.aborted) await Promise.race([asked.promise, lost]);
    signal.removeEventListener('abort', stop);
  });
}

/** Runs `use` with a connection; `lost` rejects when the connection breaks. */
async function withClient(
  databaseUrl: string,
  use: (client: pg.Client, lost: Promise<never>) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'regard-event-dispatcher-listen',
    connectionTimeoutMillis: 2000,
    keepAlive: true,
  });
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  client.on('error', (error) => lost.reject(error));
  client.on('end', () => lost.reject(new Error('The connection ended')));
  try {
    await client.connect();
    await use(client, lost.promise);
  } finally {
    await client.end().catch(() => {});
  }
}
