import { randomUUID } from 'node:crypto';
import { isSessionLinkProof, sessionLink, type WorkflowConfigInput } from '@regard/contract';
import {
  connectRedis,
  createDatabase,
  createLogger,
  createPool,
  type HttpApp,
} from '@regard/service-kit';
import { parseNetworkList } from '@regard/signals';
import {
  addApiKey,
  createApplication,
  type Database,
  publishWorkflow,
  type ReauthSchema,
} from '@regard/store';
import { createMockProvider, type MockProvider } from '@regard/testkit/mock-provider';
import { createTestDatabase } from '@regard/testkit/postgres';
import { createTestRedis } from '@regard/testkit/redis';
import { waitFor } from '@regard/testkit/wait-for';
import type { LightMyRequestResponse } from 'fastify';
import { exportJWK, generateKeyPair } from 'jose';
import { buildGateway } from '../src/app.ts';
import { createApprovalSigner } from '../src/approval-signer.ts';
import { createOutcomeWaiter } from '../src/outcome-waiter.ts';
import { createProviderClient } from '../src/provider-client.ts';

const PROVIDER_KEY = 'sk_test_provider';
const GATEWAY_URL = 'https://regard.example';
const logger = createLogger('gateway', 'silent');
const linkKey = Buffer.alloc(32, 7);
const tor = parseNetworkList('198.51.100.7');

export interface Gateway {
  app: HttpApp;
  db: Database;
  provider: MockProvider;
  applicationId: string;
  apiKey: string;
  redisUrl: string;
  publicKey: Awaited<ReturnType<typeof exportJWK>>;
  workflow: (config?: Partial<WorkflowConfigInput>) => Promise<{ id: string; version: number }>;
  /** Calls the API with the application's key. */
  call: (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: object,
    headers?: Record<string, string>,
  ) => Promise<LightMyRequestResponse>;
  close: () => Promise<void>;
}

/** A gateway on real Postgres and Redis, with a provider double that speaks the contract over HTTP. */
export async function createGateway(options: { createsPerMinute?: number } = {}): Promise<Gateway> {
  const database = await createTestDatabase();
  const testRedis = await createTestRedis();
  const provider = await createMockProvider(PROVIDER_KEY);
  const pool = createPool(database.urls.reauth, { applicationName: 'test', logger });
  const db = createDatabase<ReauthSchema>(pool);
  const redis = connectRedis(testRedis.url, 'fail-fast', logger);
  await waitFor(() => redis.status === 'ready', { what: 'Redis' });
  const outcomes = createOutcomeWaiter(connectRedis(testRedis.url, 'patient', logger), logger);
  const client = createProviderClient(provider.url, PROVIDER_KEY);
  const pair = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = { ...(await exportJWK(pair.privateKey)), kid: 'test' } as {
    kty: string;
    kid: string;
  };
  const applicationId = await createApplication(db, { name: 'App', environment: 'sandbox' });
  const apiKey = `sk_test_${randomUUID()}`;
  await addApiKey(db, { applicationId, apiKey });
  const app = await buildGateway({
    logger,
    redis,
    readiness: [],
    trustProxy: false,
    createsPerMinute: options.createsPerMinute ?? 600,
    context: {
      db,
      provider: client,
      outcomes,
      networkOf: (address) => (tor.has(address) ? 'tor' : 'ordinary'),
      linkOf: (id) => sessionLink(GATEWAY_URL, id, linkKey),
      isLinkProof: (id, proof) => isSessionLinkProof(id, proof, linkKey),
      signApproval: await createApprovalSigner(jwk),
      publicUrl: GATEWAY_URL,
      now: () => new Date(),
    },
  });
  const provider_workflows = {
    PASSIVE: randomUUID(),
    ACTIVE_3D: randomUUID(),
    ENROLMENT: randomUUID(),
  };
  return {
    app,
    db,
    provider,
    applicationId,
    apiKey,
    redisUrl: testRedis.url,
    publicKey: { ...(await exportJWK(pair.publicKey)), kid: 'test', alg: 'EdDSA' },
    workflow: (config = {}) =>
      publishWorkflow(db, {
        applicationId,
        label: 'Test',
        config: { provider_workflows, ...config },
      }),
    call: (method, url, body, headers = { 'x-api-key': apiKey }) =>
      app.inject({ method, url, headers, ...(body !== undefined && { payload: body }) }),
    close: async () => {
      await app.close();
      await outcomes.close();
      await client.close();
      redis.disconnect();
      await db.destroy();
      await provider.close();
      await testRedis.close();
      await database.drop();
    },
  };
}

/** Pretends that the user proved presence on this device and address some days ago. */
export async function rememberSelfie(
  { db }: Gateway,
  sessionId: string,
  daysAgo: number,
): Promise<void> {
  const { recordApprovedSelfie, findSession } = await import('@regard/store');
  const session = await findSession(db, sessionId);
  if (session === null) throw new Error('No such session');
  const at = new Date(Date.now() - daysAgo * 86_400_000);
  await db.transaction().execute((trx) => recordApprovedSelfie(trx, { ...session, selfie_at: at }));
}
