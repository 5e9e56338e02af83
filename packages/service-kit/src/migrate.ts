import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';

export interface SchemaMigrations {
  /** The Postgres schema this owner's tables live in. */
  schema: string;
  /** Url of the role that will use the tables; it is created when it does not exist. */
  roleUrl: string;
  /** Name to migration, applied in the order of their names, once each, never changed. */
  migrations: Record<string, Migration>;
}

/**
 * Brings one owner's schema up to date and gives its role the rights to read and write rows there,
 * and nothing else. Kysely's migrator takes an advisory lock, so any number may run at once.
 *
 * @param adminUrl a role that may create schemas and roles
 * @returns the names of the migrations that were applied now
 */
export async function migrateSchema(adminUrl: string, owner: SchemaMigrations): Promise<string[]> {
  const pool = new pg.Pool({
    connectionString: adminUrl,
    max: 2,
    application_name: 'regard-migrate',
  });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    await createRoleAndSchema(db, owner);
    const migrator = new Migrator({
      db,
      provider: { getMigrations: async () => owner.migrations },
      migrationTableSchema: owner.schema,
    });
    const { error, results = [] } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
    await grantRows(db, owner);
    return results.filter(({ status }) => status === 'Success').map((r) => r.migrationName);
  } finally {
    await db.destroy();
  }
}

async function createRoleAndSchema(db: Kysely<unknown>, { schema, roleUrl }: SchemaMigrations) {
  const { username, password } = new URL(roleUrl);
  await ensureRole(db, decodeURIComponent(username), decodeURIComponent(password));
  await sql`create schema if not exists ${sql.id(schema)}`.execute(db);
  await sql`revoke all on schema ${sql.id(schema)} from public`.execute(db);
}

/** Tries of a role change. Roles belong to the whole cluster, and no lock reaches across databases. */
const ROLE_TRIES = 8;

async function ensureRole(db: Kysely<unknown>, role: string, password: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await sql`select 1 from pg_roles where rolname = ${role}`.execute(db);
      const verb = sql.raw(rows.length === 0 ? 'create' : 'alter');
      await sql`${verb} role ${sql.id(role)} login nosuperuser nocreatedb nocreaterole
        password ${sql.lit(password)}`.execute(db);
      return;
    } catch (error) {
      // Another database of the cluster is migrated at this moment; the other's change is the same.
      if (attempt === ROLE_TRIES || !isRoleCollision(error)) throw error;
      await sleep(20 * attempt);
    }
  }
}

function isRoleCollision(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string };
  return code === '42710' || code === '23505' || message.includes('tuple concurrently updated');
}

async function grantRows(db: Kysely<unknown>, { schema, roleUrl }: SchemaMigrations) {
  const role = sql.id(decodeURIComponent(new URL(roleUrl).username));
  const name = sql.id(schema);
  for (const statement of [
    sql`grant usage on schema ${name} to ${role}`,
    sql`grant select, insert, update, delete on all tables in schema ${name} to ${role}`,
    sql`grant usage on all sequences in schema ${name} to ${role}`,
    sql`grant execute on all functions in schema ${name} to ${role}`,
    sql`revoke all on ${name}.kysely_migration, ${name}.kysely_migration_lock from ${role}`,
  ]) {
    await statement.execute(db);
  }
}
