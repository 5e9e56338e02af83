/** Makes the sandbox application of a deployment, to try it with. Running it again changes nothing. */
import { databaseUrl, key32, loadConfig } from '@regard/service-kit';
import { z } from 'zod';
import { seedStack } from './seed.ts';

const config = loadConfig(
  z.object({
    REAUTH_DATABASE_URL: databaseUrl,
    TOKENS_DATABASE_URL: databaseUrl,
    SANDBOX_API_KEY: z.string().min(32),
    DESTINATION_SECRETS_KEY: key32,
  }),
);
const { applicationId, workflows } = await seedStack({
  reauthUrl: config.REAUTH_DATABASE_URL,
  tokensUrl: config.TOKENS_DATABASE_URL,
  apiKey: config.SANDBOX_API_KEY,
  destinationSecretsKey: config.DESTINATION_SECRETS_KEY,
});
process.stdout.write(`${JSON.stringify({ applicationId, workflow: workflows.signIn })}\n`);
