/** Brings the schemas of a deployment up to date: run it before the services of a new release. */
import { migrateAll } from './migrate.ts';

const VARIABLES = {
  adminUrl: 'DATABASE_URL',
  reauth: 'REAUTH_DATABASE_URL',
  biometrics: 'BIOMETRICS_DATABASE_URL',
  tokens: 'TOKENS_DATABASE_URL',
} as const;

const missing = Object.values(VARIABLES).filter((name) => !process.env[name]);
if (missing.length > 0) {
  process.stderr.write(
    `Set ${missing.join(', ')}.
DATABASE_URL is of a role that may create schemas and roles; the others are what each owner connects with.
`,
  );
  process.exit(78);
}
const url = (name: keyof typeof VARIABLES) => process.env[VARIABLES[name]] as string;
await migrateAll({
  adminUrl: url('adminUrl'),
  urls: { reauth: url('reauth'), biometrics: url('biometrics'), tokens: url('tokens') },
});
process.stdout.write('The schemas reauth, biometrics and tokens are up to date.\n');
