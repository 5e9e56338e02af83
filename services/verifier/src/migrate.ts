import { migrateSchema } from '@regard/service-kit';
import { initial } from './migrations/20261122-000000-initial.ts';

/** In the order of their names; once released, a migration is never changed. */
export const biometricsMigrations = { '20261122-000000-initial': initial };

/**
 * Brings schema `biometrics` up to date and grants its role the rows (see service-kit
 * `migrateSchema`). No other role gets any right there.
 *
 * @param urls.adminUrl a role that may create schemas and roles
 * @param urls.roleUrl the role the verifier connects as
 * @returns the names of the migrations that were applied now
 */
export function migrateBiometrics(urls: { adminUrl: string; roleUrl: string }): Promise<string[]> {
  return migrateSchema(urls.adminUrl, {
    schema: 'biometrics',
    roleUrl: urls.roleUrl,
    migrations: biometricsMigrations,
  });
}
