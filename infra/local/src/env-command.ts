/** Prints an `.env` file for docker-compose.yml with fresh secrets. */
import { publicJwk } from '@regard/contract';
import { newSecrets } from './secrets.ts';

const secrets = newSecrets();
const variables: Record<string, string> = {
  POSTGRES_PASSWORD: secrets.postgresPassword,
  REAUTH_PASSWORD: secrets.reauthPassword,
  BIOMETRICS_PASSWORD: secrets.biometricsPassword,
  TOKENS_PASSWORD: secrets.tokensPassword,
  VERIFICATION_PROVIDER_KEY: secrets.providerKey,
  VERIFICATION_PROVIDER_SECRET: secrets.ingestSecret,
  SESSION_LINK_SECRET: secrets.sessionLinkSecret,
  TEMPLATE_KEY: secrets.templateKey,
  DESTINATION_SECRETS_KEY: secrets.destinationSecretsKey,
  APPROVAL_SIGNING_KEY: JSON.stringify(secrets.approvalSigningKey),
  APPROVAL_KEYS: JSON.stringify({ keys: [publicJwk(secrets.approvalSigningKey)] }),
  TOKEN_SIGNING_KEY: JSON.stringify(secrets.tokenSigningKey),
  SANDBOX_API_KEY: secrets.apiKey,
};
process.stdout.write(
  `# Secrets of this deployment. Losing TEMPLATE_KEY loses every enrolment.
${Object.entries(variables)
  .map(([name, value]) => `${name}='${value}'`)
  .join('\n')}
`,
);
