import { randomUUID } from 'node:crypto';
import {
  APPROVAL_LIFETIME_SECONDS,
  type Approval,
  publicJwk,
  signApproval,
} from '@regard/contract';
import {
  connectRedis,
  createDatabase,
  createMetrics,
  createPool,
  type HttpApp,
  randomText,
  redisReady,
} from '@regard/service-kit';
import { createTestDatabase } from '@regard/testkit/postgres';
import { createTestRedis } from '@regard/testkit/redis';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK } from 'jose';
import { pino } from 'pino';
import { buildTokenService } from '../src/app.ts';
import { registerClient, type TokensSchema } from '../src/clients.ts';
import { APPROVAL_GRANT, REFRESH_GRANT } from '../src/routes/token.ts';
import { importSigningKey } from '../src/signing-key.ts';

export const ISSUER = 'http://127.0.0.1:4405';
const ONE_APPROVAL_KEY = 'approval-key-1';

export type TestTokenService = Awaited<ReturnType<typeof startTokenService>>;
export type Client = { applicationId: string; apiKey: string };
export type TokenAnswer = {
  access_token: string;
  token_type: string;
  expires_in: number;
  refresh_token: string;
};

/** A token-service on its own Postgres and Redis, with a clock that the test moves. */
export async function startTokenService() {
  const testDatabase = await createTestDatabase();
  const testRedis = await createTestRedis();
  const log: string[] = [];
  // Without the redaction of the real logger: what is not written needs no redaction.
  const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) });
  const clock = { now: new Date() };
  const approvalKey = await generateKeyPair('EdDSA', { extractable: true });
  const approvalJwk = publicJwk({
    ...(await exportJWK(approvalKey.publicKey)),
    kid: ONE_APPROVAL_KEY,
  });
  const signingKey = await importSigningKey(await newPrivateJwk('token-key-1'));
  const pool = createPool(testDatabase.urls.tokens, { applicationName: 'test', logger });
  const database = createDatabase<TokensSchema>(pool);
  const metrics = createMetrics('token-service');
  const redis = connectRedis(testRedis.url, 'fail-fast', logger);
  await redisReady(redis);
  const deps = {
    logger,
    metrics,
    readiness: [],
    database,
    redis,
    approvalKeys: createLocalJWKSet({ keys: [approvalJwk] }),
    accessTokens: { issuer: ISSUER, signingKey, accessTokenSeconds: 600 },
    refreshTokenDays: 30,
    now: () => clock.now,
  };
  const app = buildTokenService(deps);

  return {
    app,
    deps,
    database,
    redis,
    log,
    clock,
    approvalKey,
    approvalJwk,
    urls: testDatabase.urls,
    adminUrl: testDatabase.adminUrl,
    async newClient(): Promise<Client> {
      const client = { applicationId: randomUUID(), apiKey: `sk_test_${randomText(43)}` };
      await registerClient(database, client);
      return client;
    },
    /** The approval of a fresh session, signed as the decision side signs it. */
    approve(applicationId: string, changes: Partial<Approval> = {}): Promise<string> {
      const approval = { ...newApproval(applicationId, clock.now), ...changes };
      return signApproval(approval, approvalKey.privateKey, ONE_APPROVAL_KEY);
    },
    advance(seconds: number): void {
      clock.now = new Date(clock.now.getTime() + seconds * 1000);
    },
    async close(): Promise<void> {
      await app.close();
      await database.destroy();
      await redis.quit();
      await testDatabase.drop();
      await testRedis.close();
    },
  };
}

export function newApproval(applicationId: string, now: Date): Approval {
  const approvedAt = Math.floor(now.getTime() / 1000);
  return {
    id: randomUUID(),
    sessionId: randomUUID(),
    applicationId,
    subject: `person-${randomUUID()}`,
    approvedAt,
    authenticatedAt: approvedAt - 1,
    acr: 'urn:regard:acr:face',
    amr: ['face'],
  };
}

/** The claims `signApproval` writes, to be bent by a forger. */
export function approvalClaims(approval: Approval) {
  return {
    iss: 'regard:decision',
    aud: 'regard:token-service',
    sub: approval.subject,
    jti: approval.id,
    iat: approval.approvedAt,
    nbf: approval.approvedAt,
    exp: approval.approvedAt + APPROVAL_LIFETIME_SECONDS,
    sid: approval.sessionId,
    client_id: approval.applicationId,
    auth_time: approval.authenticatedAt,
    acr: approval.acr,
    amr: approval.amr,
  };
}

export async function newPrivateJwk(kid: string): Promise<JWK & { kid: string }> {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid };
}

/** Posts a form, by default authenticated by HTTP Basic. */
export function postForm(
  app: HttpApp,
  url: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
) {
  return app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(form).toString(),
  });
}

export function basic({ applicationId, apiKey }: Client): { authorization: string } {
  const pair = Buffer.from(`${applicationId}:${apiKey}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}

export function redeem(app: HttpApp, client: Client, assertion: string) {
  return postForm(app, '/v3/token/', { grant_type: APPROVAL_GRANT, assertion }, basic(client));
}

export function refresh(app: HttpApp, client: Client, refreshToken: string) {
  const form = { grant_type: REFRESH_GRANT, refresh_token: refreshToken };
  return postForm(app, '/v3/token/', form, basic(client));
}

export function revoke(app: HttpApp, client: Client, token: string) {
  return postForm(app, '/v3/token/revoke/', { token }, basic(client));
}

/** Signs a person in: an approval redeemed by its own application. */
export async function signIn(service: TestTokenService, client: Client): Promise<TokenAnswer> {
  const answer = await redeem(service.app, client, await service.approve(client.applicationId));
  if (answer.statusCode !== 200) throw new Error(`Not signed in: ${answer.body}`);
  return answer.json<TokenAnswer>();
}
