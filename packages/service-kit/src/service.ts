import closeWithGrace from 'close-with-grace';
import { ConfigError } from './config.ts';
import type { HttpApp } from './http.ts';
import type { Logger } from './logger.ts';

/** How long work in hand may take after a stop was asked for. Kubernetes allows 30 s. */
const GRACE_MS = 25_000;

/** Something with a lifetime; closed in the reverse order of how it was opened. */
export interface Closable {
  name: string;
  close: () => Promise<unknown>;
}

export interface RunningService {
  app: HttpApp;
  logger: Logger;
  host: string;
  port: number;
  /** What to close after the HTTP server, last opened first. */
  resources: readonly Closable[];
}

/**
 * Boots a service: builds it, listens, and closes everything in order on SIGTERM, SIGINT, a fault
 * nobody caught, or the loss of the parent that started it. A wrong configuration ends the process
 * with the list of faults and exit code 78.
 */
export async function runService(build: () => Promise<RunningService>): Promise<void> {
  let service: RunningService;
  try {
    service = await build();
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : formatFault(error)}\n`);
    process.exit(error instanceof ConfigError ? 78 : 1);
  }
  const { app, logger, host, port, resources } = service;
  const grace = closeWithGrace({ delay: GRACE_MS, logger: false }, async ({ err, signal }) => {
    if (err) logger.fatal({ err }, 'service.fault');
    else logger.info({ signal }, 'service.stopping');
    await app.close();
    for (const resource of [...resources].reverse()) await closeQuietly(resource, logger);
    logger.info('service.stopped');
  });
  // Started by a launcher: when it dies, even by SIGKILL, the channel closes and we go too.
  process.once('disconnect', () => {
    // It also read our stdout: lines still in the logger's buffer at exit would be retried for ever.
    logger.level = 'silent';
    void grace.close();
  });
  await app.listen({ host, port, listenTextResolver: () => 'service.listening' });
}

async function closeQuietly({ name, close }: Closable, logger: Logger): Promise<void> {
  try {
    await close();
  } catch (error) {
    logger.warn({ resource: name, err: error }, 'service.close_failed');
  }
}

function formatFault(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
