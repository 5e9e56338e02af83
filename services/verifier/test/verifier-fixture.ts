import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  type CreateSessionBody,
  checkSignature,
  type FaceMatch,
  type LivenessCheck,
  OUTCOME_CHANNEL,
  signingKey,
} from '@regard/contract';
import {
  createFaceEngine,
  type FaceEngine,
  parseCalibration,
  productionCalibration,
} from '@regard/face';
import {
  connectRedis,
  createDatabase,
  createLogger,
  createPool,
  type HttpApp,
} from '@regard/service-kit';
import { createMockDestination, type MockDestination } from '@regard/testkit/mock-destination';
import { createTestDatabase } from '@regard/testkit/postgres';
import { createTestRedis } from '@regard/testkit/redis';
import { waitFor } from '@regard/testkit/wait-for';
import type { LightMyRequestResponse } from 'fastify';
import { buildVerifier, type Verifier } from '../src/app.ts';
import { createOutcomeHub } from '../src/outcome-hub.ts';
import type { BiometricsSchema, Database } from '../src/schema.ts';
import { WORKFLOWS } from '../src/workflows.ts';

const API_KEY = 'sk_test_gateway_of_the_tests';
const SECRET = 'a secret the receiver knows too';
const CALLBACK = 'https://app.example/back?keep=this';
const logger = createLogger('verifier', 'silent');

/** A webhook whose signature and freshness have been verified. */
export interface ReceivedEvent {
  event_id: string;
  timestamp: number;
  created_at: number;
  session_id: string;
  status: string;
  face?: { status: string; similarity_score: number | null };
  decision?: { liveness_checks: LivenessCheck[]; face_matches: FaceMatch[] | null };
}

export interface VerifierFixture {
  app: HttpApp;
  verifier: Verifier;
  db: Database;
  face: FaceEngine;
  receiver: MockDestination;
  /** The clock of the verifier. */
  now: () => Date;
  /** Moves it on. */
  advance: (seconds: number) => void;
  api: (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    body?: object,
  ) => Promise<LightMyRequestResponse>;
  /** Opens a session and gives its id and the token of its link. */
  open: (body: Partial<CreateSessionBody>) => Promise<{ id: string; token: string; url: string }>;
  /** Uploads a frame the way the page does. */
  upload: (path: string, image: Buffer) => Promise<LightMyRequestResponse>;
  frame: (token: string, image: Buffer) => Promise<LightMyRequestResponse>;
  /** Enrols a person by three photos; gives the session's id. */
  enrol: (subject: string, photos: Buffer[]) => Promise<string>;
  /** The events about a session, once there are so many. */
  events: (sessionId: string, count: number) => Promise<ReceivedEvent[]>;
  /** Says what the decision side would about a session of the verifier. */
  announce: (sessionId: string, status: string) => Promise<void>;
  close: () => Promise<void>;
}

export interface FixtureOptions {
  /** The engine to use; one of its own otherwise. */
  face?: FaceEngine;
  /** Whether the workflows for drawn faces exist. Default: they do. */
  drawn?: boolean;
}

/** A verifier on real Postgres, Redis and face engine, with a receiver for its webhooks. */
export async function createVerifierFixture(
  options: FixtureOptions = {},
): Promise<VerifierFixture> {
  const database = await createTestDatabase();
  const redis = await createTestRedis();
  const receiver = await createMockDestination();
  const pool = createPool(database.urls.biometrics, { applicationName: 'test', logger });
  const db = createDatabase<BiometricsSchema>(pool);
  const face = options.face ?? (await createFaceEngine());
  const test = options.drawn === false ? null : await drawnCalibration();
  const outcomes = createOutcomeHub(connectRedis(redis.url, 'patient', logger), logger);
  const publisher = connectRedis(redis.url, 'patient', logger);
  let offsetMs = 0;
  const now = () => new Date(Date.now() + offsetMs);
  const verifier = buildVerifier({
    logger,
    db,
    face,
    calibrations: { production: productionCalibration, ...(test && { test }) },
    outcomes,
    templateKey: Buffer.alloc(32, 3),
    publicUrl: 'https://verify.example',
    apiKeys: ['another key', API_KEY],
    webhook: { url: `${receiver.url}/webhooks/verdicts`, secret: SECRET },
    readiness: [],
    now,
  });
  verifier.start();
  const { app } = verifier;
  const calls = callsOf(app);
  return {
    ...calls,
    app,
    verifier,
    db,
    face,
    receiver,
    now,
    advance: (seconds) => {
      offsetMs += seconds * 1000;
    },
    events: (sessionId, count) =>
      waitFor(
        () => {
          const events = receiver.requests.map(verified).filter((e) => e.session_id === sessionId);
          return events.length >= count && events;
        },
        { what: `${count} events of the session` },
      ),
    announce: async (providerSessionId, status) => {
      const outcome = { sessionId: randomUUID(), providerSessionId, status };
      await publisher.publish(OUTCOME_CHANNEL, JSON.stringify(outcome));
    },
    close: async () => {
      publisher.disconnect();
      await app.close();
      await verifier.close();
      await outcomes.close();
      await db.destroy();
      await receiver.close();
      await redis.close();
      await database.drop();
    },
  };
}

/** What a gateway and a page send. */
function callsOf(
  app: HttpApp,
): Pick<VerifierFixture, 'api' | 'open' | 'upload' | 'frame' | 'enrol'> {
  const api: VerifierFixture['api'] = (method, url, body) =>
    app.inject({
      method,
      url,
      headers: { 'x-api-key': API_KEY },
      ...(body !== undefined && { payload: body }),
    });
  const open: VerifierFixture['open'] = async (body) => {
    const workflow_id = WORKFLOWS.DRAWN_PASSIVE.id;
    const answer = await api('POST', '/v3/session/', { workflow_id, callback: CALLBACK, ...body });
    if (answer.statusCode !== 201) throw new Error(`Not created: ${answer.body}`);
    const { session_id: id, session_token: token, url } = answer.json();
    return { id, token, url };
  };
  const upload: VerifierFixture['upload'] = (url, image) =>
    // A copy: the verifier wipes what it was given, and tests use their pictures again.
    app.inject({
      method: 'POST',
      url,
      payload: Buffer.from(image),
      headers: { 'content-type': 'image/jpeg' },
    });
  const frame: VerifierFixture['frame'] = (token, image) =>
    upload(`/session/${token}/frames`, image);

  return {
    api,
    open,
    upload,
    frame,
    enrol: async (subject, photos) => {
      const workflow_id = WORKFLOWS.DRAWN_ENROLMENT.id;
      const { id, token } = await open({ workflow_id, vendor_data: subject });
      for (const photo of photos) {
        const answer = await frame(token, photo);
        if (answer.statusCode !== 200) throw new Error(`Not taken: ${answer.body}`);
      }
      return id;
    },
  };
}

/** Fails on a webhook that its receiver would have to refuse. */
function verified({ rawBody, headers, receivedAt }: MockDestination['requests'][number]) {
  const body = JSON.parse(rawBody.toString('utf8')) as ReceivedEvent;
  const header = (name: string) => headers[name] as string | undefined;
  const incoming = {
    rawBody,
    signature: header('x-signature'),
    signatureV2: header('x-signature-v2'),
    timestamp: header('x-timestamp'),
  };
  // The verifier's clock may have been moved; its own timestamp is what it must agree with.
  const checked = checkSignature(incoming, [signingKey(SECRET)], body.timestamp);
  if (!checked.ok) throw new Error(`${checked.reason} at ${receivedAt.toISOString()}`);
  return body;
}

async function drawnCalibration() {
  const path = new URL('../../../packages/testkit/src/drawn-calibration.json', import.meta.url);
  return parseCalibration(JSON.parse(await readFile(path, 'utf8')));
}
