import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Urls of one database: each owner's role may use its own schema only. */
export interface RoleUrls {
  reauth: string;
  biometrics: string;
  tokens: string;
}

export interface TestDatabase {
  /** A superuser, for looking behind the scenes. */
  adminUrl: string;
  urls: RoleUrls;
  /** Ends every connection and deletes the database. */
  drop: () => Promise<void>;
}

/**
 * Makes a database of its own for a test file by cloning the migrated template (some 50 ms).
 * Call it in `beforeAll` and `drop` in `afterAll`.
 *
 * @throws outside a test run, which is where the template is made
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = fromRun('REGARD_TEST_TEMPLATE_URL');
  const roles = JSON.parse(fromRun('REGARD_TEST_ROLE_URLS')) as RoleUrls;
  const name = `regard_test_${randomBytes(6).toString('hex')}`;
  const original = new URL(template).pathname.slice(1);
  await command(template, `create database "${name}" template "${original}"`);
  return {
    adminUrl: withDatabase(template, name),
    urls: {
      reauth: withDatabase(roles.reauth, name),
      biometrics: withDatabase(roles.biometrics, name),
      tokens: withDatabase(roles.tokens, name),
    },
    drop: () => command(template, `drop database if exists "${name}" with (force)`),
  };
}

/** A database can only be cloned while nobody is connected to it, so commands go elsewhere. */
async function command(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: withDatabase(url, 'postgres') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

function fromRun(variable: string): string {
  const value = process.env[variable];
  if (value) return value;
  throw new Error(`${variable} is not set: test databases exist only in a run of vitest`);
}
