import { isDeepStrictEqual } from 'node:util';
import { type WorkflowConfigInput, workflowConfigSchema } from '@regard/contract';
import { createDatabase, createLogger, createPool } from '@regard/service-kit';
import {
  addApiKey,
  createApplication,
  createDestination,
  type Database,
  findWorkflow,
  publishWorkflow,
  type ReauthSchema,
} from '@regard/store';
import { registerClient, type TokensSchema } from '@regard/token-service/clients';
import { WORKFLOWS } from '@regard/verifier/workflows';

/** Stable ids, so that a pasted curl still works after the next start. */
const APPLICATION_ID = '0d1e5a00-0000-4000-8000-000000000001';
const SIGN_IN_WORKFLOW_ID = '0d1e5a00-0000-4000-8000-000000000011';
const DRAWN_WORKFLOW_ID = '0d1e5a00-0000-4000-8000-000000000012';

export interface SeedRequest {
  reauthUrl: string;
  tokensUrl: string;
  /** The application's API key, for the gateway and the token-service alike. */
  apiKey: string;
  /** Seals the secrets of destinations. */
  destinationSecretsKey: Buffer;
  /** A webhook of the application, if it has one. */
  destinationUrl?: string;
}

export interface Seeded {
  applicationId: string;
  workflows: {
    /** Real faces. */
    signIn: string;
    /** Drawn test faces under their own calibration; only in a local stack. */
    drawn: string;
  };
  destination?: { id: string; secret: string };
}

/** Makes the sandbox application of a local stack. Running it again changes nothing. */
export async function seedStack(request: SeedRequest): Promise<Seeded> {
  const logger = createLogger('seed', 'warn');
  const pool = createPool(request.reauthUrl, { applicationName: 'regard-seed', logger, max: 2 });
  const db = createDatabase<ReauthSchema>(pool);
  try {
    const application = { id: APPLICATION_ID, name: 'Sandbox', environment: 'sandbox' } as const;
    const applicationId = await createApplication(db, application);
    await addApiKey(db, { applicationId, apiKey: request.apiKey, label: 'local stack' });
    await registerTokenClient(request, applicationId);
    await publishOnce(db, applicationId, SIGN_IN_WORKFLOW_ID, 'Sign-in by selfie', {
      provider_workflows: {
        PASSIVE: WORKFLOWS.PASSIVE.id,
        ACTIVE_3D: WORKFLOWS.ACTIVE_3D.id,
        ENROLMENT: WORKFLOWS.ENROLMENT.id,
      },
    });
    await publishOnce(db, applicationId, DRAWN_WORKFLOW_ID, 'Sign-in by drawn test faces', {
      provider_workflows: {
        PASSIVE: WORKFLOWS.DRAWN_PASSIVE.id,
        ACTIVE_3D: WORKFLOWS.DRAWN_ACTIVE_3D.id,
        ENROLMENT: WORKFLOWS.DRAWN_ENROLMENT.id,
      },
    });
    const workflows = { signIn: SIGN_IN_WORKFLOW_ID, drawn: DRAWN_WORKFLOW_ID };
    if (request.destinationUrl === undefined) return { applicationId, workflows };
    const destination = await createDestination(
      db,
      { applicationId, label: 'local stack', url: request.destinationUrl },
      request.destinationSecretsKey,
    );
    return { applicationId, workflows, destination };
  } finally {
    await db.destroy();
  }
}

async function registerTokenClient(request: SeedRequest, applicationId: string): Promise<void> {
  const logger = createLogger('seed', 'warn');
  const pool = createPool(request.tokensUrl, { applicationName: 'regard-seed', logger, max: 1 });
  const db = createDatabase<TokensSchema>(pool);
  try {
    await registerClient(db, { applicationId, apiKey: request.apiKey });
  } finally {
    await db.destroy();
  }
}

/** Publishes a new version only when the config changed. */
async function publishOnce(
  db: Database,
  applicationId: string,
  id: string,
  label: string,
  input: WorkflowConfigInput,
): Promise<void> {
  const existing = await findWorkflow(db, applicationId, id);
  const config = workflowConfigSchema.parse(input);
  if (existing !== null && isDeepStrictEqual(existing.config, config)) return;
  await publishWorkflow(db, { id, applicationId, label, config });
}
