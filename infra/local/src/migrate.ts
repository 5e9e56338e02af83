import { migrateReauth } from '@regard/store';
import { migrateTokens } from '@regard/token-service/migrate';
import { migrateBiometrics } from '@regard/verifier/migrate';

export interface OwnerUrls {
  reauth: string;
  biometrics: string;
  tokens: string;
}

/**
 * Brings the schemas of all three owners up to date, each with its own role.
 *
 * @param adminUrl a role that may create schemas and roles
 * @param urls what each owner connects with; the roles are made with these passwords
 */
export async function migrateAll({
  adminUrl,
  urls,
}: {
  adminUrl: string;
  urls: OwnerUrls;
}): Promise<void> {
  await migrateReauth({ adminUrl, roleUrl: urls.reauth });
  await migrateBiometrics({ adminUrl, roleUrl: urls.biometrics });
  await migrateTokens({ adminUrl, roleUrl: urls.tokens });
}
