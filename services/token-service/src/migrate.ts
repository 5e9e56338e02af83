import { migrateSchema } from '@regard/service-kit';
import { initial } from './migrations/20261122-000000-initial.ts';

/** In the order of their names; once released, a migration is never changed. */
const migrations = { '20261122-000000-initial': initial };

/**
 * Brings schema `tokens` up to date and grants its role the rows (see service-kit `migrateSchema`).
 *
 * @param urls.adminUrl a role that may create schemas and roles
 * @param urls.roleUrl the role the token-service connects as
 * @returns the names of the migrations that were applied now
 */
export function migrateTokens(urls: { adminUrl: string; roleUrl: string }): Promise<string[]> {
  return migrateSchema(urls.adminUrl, { schema: 'tokens', roleUrl: urls.roleUrl, migrations });
}
