import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgresContainer, startRedisContainer } from '../infra/local/src/containers.ts';
import { startDataServices } from '../infra/local/src/data-services.ts';
import { migrateAll } from '../infra/local/src/migrate.ts';
import { freePort } from '../infra/local/src/ports.ts';
import { dropDatabase, ensureDatabase } from '../infra/local/src/postgres.ts';
import type { RoleUrls } from '../packages/testkit/src/postgres.ts';

/**
 * Gives a test run its Postgres and Redis: those of DATABASE_URL and REDIS_URL, containers where a
 * docker engine answers, or embedded ones. Makes the migrated template that test databases are
 * cloned from. The test kit finds them by environment variables, which the workers inherit.
 */
export default async function setUp(): Promise<() => Promise<void>> {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const { DATABASE_URL, REDIS_URL } = process.env;
  const [postgres, redis] = await Promise.all([
    DATABASE_URL ? undefined : startPostgresContainer(),
    REDIS_URL ? undefined : startRedisContainer(),
  ]);
  const postgresUrl = DATABASE_URL || postgres?.url;
  const redisUrl = REDIS_URL || redis?.url;
  const services = await startDataServices({
    folder: mkdtempSync(join(fastFolder(), 'regard-test-')),
    ports: { postgres: await freePort(), redis: await freePort() },
    postgresPassword: randomBytes(24).toString('base64url'),
    external: { ...(postgresUrl && { postgresUrl }), ...(redisUrl && { redisUrl }) },
    temporary: true,
    log,
  });
  const template = await createTemplate(services.postgresUrl);
  process.env.REGARD_TEST_TEMPLATE_URL = template.url;
  process.env.REGARD_TEST_ROLE_URLS = JSON.stringify(template.roleUrls);
  process.env.REGARD_TEST_REDIS_URL = services.redisUrl;
  return async () => {
    await dropDatabase(services.postgresUrl, template.name);
    await services.stop();
    await Promise.all([postgres?.stop(), redis?.stop()]);
  };
}

/**
 * Cloning a database makes some 500 files: 20 ms in memory, 400 ms on an ordinary disk. In memory,
 * then, where there is at least 1 GiB of it.
 */
function fastFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    if (bavail * bsize >= 2 ** 30) return '/dev/shm';
  } catch {
    // Not on this system.
  }
  return tmpdir();
}

async function createTemplate(serverUrl: string) {
  const name = `regard_template_${randomBytes(4).toString('hex')}`;
  const url = await ensureDatabase(serverUrl, name);
  const roleUrls: RoleUrls = {
    reauth: roleUrl(url, 'regard_test_reauth'),
    biometrics: roleUrl(url, 'regard_test_biometrics'),
    tokens: roleUrl(url, 'regard_test_tokens'),
  };
  await migrateAll({ adminUrl: url, urls: roleUrls });
  return { name, url, roleUrls };
}

/** Roles belong to the whole server: runs side by side must agree on their passwords. */
function roleUrl(databaseUrl: string, role: string): string {
  const url = new URL(databaseUrl);
  const secret = url.password || url.host;
  url.username = role;
  url.password = createHash('sha256').update(`${role}:${secret}`).digest('base64url');
  return url.href;
}
