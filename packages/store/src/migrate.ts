import { migrateSchema } from '@regard/service-kit';
import { initial } from './migrations/20261122-000000-initial.ts';

/** In the order of their names; once released, a migration is never changed. */
export const reauthMigrations = { '20261122-000000-initial': initial };

/** Brings schema `reauth` up to date and grants its role the rows (see service-kit `migrateSchema`). */
export function migrateReauth(urls: { adminUrl: string; roleUrl: string }): Promise<string[]> {
  return migrateSchema(urls.adminUrl, {
    schema: 'reauth',
    roleUrl: urls.roleUrl,
    migrations: reauthMigrations,
  });
}
