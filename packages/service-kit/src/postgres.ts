import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { ReadinessCheck } from './health.ts';
import type { Logger } from './logger.ts';

// Timestamps are dates, 64-bit counters are numbers: none of ours comes near 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface PoolOptions {
  /** Shown in pg_stat_activity. */
  applicationName: string;
  logger: Logger;
  /** Most connections of this process. */
  max?: number;
}

/**
 * A pool whose every wait is bounded: for a connection, for a statement, for a lock, for a
 * forgotten transaction. A caller gets an error to retry rather than a hang.
 */
export function createPool(
  url: string,
  { applicationName, logger, max = 10 }: PoolOptions,
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: 2000,
    statement_timeout: 10_000,
    idle_in_transaction_session_timeout: 15_000,
    lock_timeout: 5000,
    keepAlive: true,
  });
  const report = (error: Error & { code?: string }) => {
    logger.warn({ kind: error.code ?? error.name }, 'postgres.connection_lost');
  };
  pool.on('error', report);
  // The pool listens to idle connections only. One that is lost in the middle of a transaction
  // would end the process; its query fails anyway, and that is what the caller sees.
  pool.on('connect', (client) => client.on('error', report));
  return pool;
}

/** Typed SQL over a pool. Closing it closes the pool. */
export function createDatabase<Schema>(pool: pg.Pool): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

export function postgresCheck(pool: pg.Pool): ReadinessCheck {
  return {
    name: 'postgres',
    check: async () => {
      await pool.query('select 1');
    },
  };
}
