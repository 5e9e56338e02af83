import { randomUUID } from 'node:crypto';
import type { SessionStatus, Verdict, WorkflowConfigInput } from '@regard/contract';
import { createDatabase, createLogger, createPool } from '@regard/service-kit';
import {
  contextHash,
  createApplication,
  type Database,
  findOrCreateUser,
  findSession,
  insertSession,
  knownContexts,
  type NewSession,
  publishWorkflow,
  type ReauthSchema,
  type Session,
  sessionEvents,
  type User,
  usageOf,
  verdictsOf,
} from '@regard/store';
import { sessionValues } from '@regard/store/test/session-values';
import { createTestDatabase, type TestDatabase } from '@regard/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideVerdict, SessionNotFoundError } from '../src/steps/decide-verdict.ts';
import { endOverdue } from '../src/steps/end-overdue.ts';

const provider_workflows = { PASSIVE: randomUUID(), ACTIVE_3D: randomUUID() };
const logger = createLogger('decision-worker', 'silent');
const linkOf = (id: string) => `https://regard.example/session/${id}/proof`;

let database: TestDatabase;
let db: Database;
let applicationId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  const pool = createPool(database.urls.reauth, { applicationName: 'test', logger });
  db = createDatabase<ReauthSchema>(pool);
  applicationId = await createApplication(db, { name: 'App', environment: 'live' });
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const workflowOf = (config: Partial<WorkflowConfigInput> = {}) =>
  publishWorkflow(db, { applicationId, label: 'Test', config: { provider_workflows, ...config } });

async function openSession(
  workflow: { id: string; version: number },
  change: Partial<NewSession> = {},
  user?: User,
): Promise<Session> {
  const owner = user ?? (await findOrCreateUser(db, applicationId, randomUUID()));
  const values = sessionValues(applicationId, {
    workflow_id: workflow.id,
    workflow_version: workflow.version,
    user_id: owner.id,
    vendor_data: owner.vendor_data,
    device_hash: contextHash(owner.id, 'device', 'd-1'),
    address_hash: contextHash(owner.id, 'address', '203.0.113.7'),
    provider_session_id: randomUUID(),
    ...change,
  });
  const inserted = await insertSession(db, values, ['Not Started']);
  if (!inserted.ok) throw new Error(inserted.reason);
  return inserted.session;
}

function verdictOf(
  session: Session,
  status: SessionStatus,
  scores: { liveness?: number; face?: number } = {},
  change: Partial<Verdict> = {},
): Verdict {
  const { liveness = 96, face = 90 } = scores;
  return {
    eventId: randomUUID(),
    providerSessionId: session.provider_session_id as string,
    sessionId: session.id,
    status,
    occurredAt: Math.floor(Date.now() / 1000),
    liveness: { method: session.method, score: liveness, status: 'Approved' },
    face: { score: face, status: 'Approved' },
    warnings: [],
    quality: { face: 80, luminance: 55 },
    ...change,
  };
}

const take = (verdict: Verdict, now = new Date()) => decideVerdict(db, verdict, { now, linkOf });
const history = async (id: string) => (await sessionEvents(db, id)).map(({ status }) => status);
const outboxOf = (sessionId: string) =>
  db
    .selectFrom('reauth.outbox')
    .selectAll()
    .where('session_id', '=', sessionId)
    .orderBy('id')
    .execute();

describe('a verdict', () => {
  it('approves: status, decision, events, outbox, usage and knowledge in one go', async () => {
    const session = await openSession(await workflowOf());
    await take(verdictOf(session, 'In Progress'));
    const result = await take(verdictOf(session, 'Approved'));
    expect(result.kind).toBe('applied');
    const after = (await findSession(db, session.id)) as Session;
    expect(after).toMatchObject({ status: 'Approved', sequence: 3 });
    expect(after.approval_id).not.toBeNull();
    expect(after.decision?.faceMatches?.[0]).toMatchObject({ status: 'Approved', score: 90 });
    expect(await history(session.id)).toEqual(['Not Started', 'In Progress', 'Approved']);
    const bodies = (await outboxOf(session.id)).map(({ body }) => body);
    expect(bodies.map(({ status, sequence }) => [status, sequence])).toEqual([
      ['Not Started', 1],
      ['In Progress', 2],
      ['Approved', 3],
    ]);
    expect(bodies[2]).toMatchObject({
      previous_status: 'In Progress',
      liveness: { score: 96 },
      face: { similarity_score: 0.9 },
      decision: { liveness_checks: [{ method: 'PASSIVE', score: 96 }] },
    });
    expect(await usageOf(db, session.id)).toMatchObject([{ amount: '0.1000' }]);
    const hashes = { device: session.device_hash, address: session.address_hash };
    const known = await knownContexts(db, session.user_id as string, hashes, new Date(0));
    expect(known).toEqual({ device: true, address: true });
  });

  it('taken twice, one after the other or at once, decides once and is charged once', async () => {
    const session = await openSession(await workflowOf());
    const verdict = verdictOf(session, 'Approved');
    const results = await Promise.all(Array.from({ length: 8 }, () => take(verdict)));
    expect(results.filter(({ kind }) => kind === 'applied')).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'repeat')).toHaveLength(7);
    expect((await take(verdict)).kind).toBe('repeat');
    expect(await history(session.id)).toEqual(['Not Started', 'In Progress', 'Approved']);
    expect(await usageOf(db, session.id)).toHaveLength(1);
    expect(await verdictsOf(db, session.id)).toMatchObject([{ outcome: 'applied', repeats: 8 }]);
  });

  it('that comes late or again under another id changes nothing and is kept with the reason', async () => {
    const session = await openSession(await workflowOf());
    const occurredAt = Math.floor(Date.now() / 1000);
    await take(
      verdictOf(session, 'Declined', {}, { occurredAt, face: { score: 10, status: 'Declined' } }),
    );
    const before = await findSession(db, session.id);
    for (const [verdict, reason] of [
      [verdictOf(session, 'Approved', {}, { occurredAt: occurredAt - 5 }), 'OUT_OF_ORDER'],
      [verdictOf(session, 'Approved', {}, { occurredAt }), 'ILLEGAL_TRANSITION'],
      [verdictOf(session, 'In Progress', {}, { occurredAt }), 'NOTHING_NEW'],
      [verdictOf(session, 'Approved', {}, { providerSessionId: randomUUID() }), 'OTHER_STEP'],
    ] as const) {
      expect(await take(verdict)).toMatchObject({ kind: 'ignored', reason });
    }
    expect(await findSession(db, session.id)).toEqual(before);
    const kept = (await verdictsOf(db, session.id)).map(({ outcome, reason }) => [outcome, reason]);
    expect(kept).toEqual(
      expect.arrayContaining([
        ['applied', 'Declined'],
        ['ignored', 'OUT_OF_ORDER'],
        ['ignored', 'ILLEGAL_TRANSITION'],
        ['ignored', 'OTHER_STEP'],
      ]),
    );
  });

  it('of an unknown session leaves nothing behind, so that it can come again', async () => {
    const session = await openSession(await workflowOf());
    const verdict = verdictOf(session, 'Approved', {}, { sessionId: uuidv7() });
    await expect(take(verdict)).rejects.toThrow(SessionNotFoundError);
    const unechoed = { ...verdict, sessionId: null };
    expect(await take(unechoed)).toMatchObject({ kind: 'applied', session: { id: session.id } });
  });

  it('that fails half-way leaves nothing behind', async () => {
    const workflow = await workflowOf();
    const session = await openSession(workflow);
    const verdict = verdictOf(session, 'Approved');
    await db.deleteFrom('reauth.workflows').where('id', '=', workflow.id).execute();
    await expect(take(verdict)).rejects.toThrow('workflow');
    expect(await findSession(db, session.id)).toMatchObject({ status: 'Not Started', sequence: 1 });
    expect(await verdictsOf(db, session.id)).toEqual([]);
  });
});

describe('a doubtful passive verdict', () => {
  it('sends the same session back for ACTIVE_3D, once', async () => {
    const session = await openSession(await workflowOf());
    await take(verdictOf(session, 'Approved', { face: 60 }));
    const back = (await findSession(db, session.id)) as Session;
    expect(back).toMatchObject({
      status: 'Resubmitted',
      method: 'ACTIVE_3D',
      step_up_used: true,
      provider_session_id: null,
      url: linkOf(session.id),
    });
    const bodies = (await outboxOf(session.id)).map(({ body }) => body);
    expect(bodies.at(-1)).toMatchObject({
      status: 'Resubmitted',
      resubmit_info: { nodes_to_resubmit: [{ feature: 'LIVENESS' }, { feature: 'FACE_MATCH' }] },
    });
    expect(bodies.at(-1)).not.toHaveProperty('decision');
    expect(await usageOf(db, session.id)).toEqual([]);

    const late = verdictOf(session, 'Approved');
    expect(await take(late)).toMatchObject({ kind: 'ignored', reason: 'OTHER_STEP' });

    const step = randomUUID();
    await db
      .updateTable('reauth.sessions')
      .set({ provider_session_id: step })
      .where('id', '=', session.id)
      .execute();
    const second = verdictOf({ ...back, provider_session_id: step }, 'Approved', { face: 60 });
    await take(second);
    expect(await history(session.id)).toEqual([
      'Not Started',
      'In Progress',
      'In Review',
      'Resubmitted',
      'In Review',
    ]);
    expect(await usageOf(db, session.id)).toMatchObject([{ amount: '0.2000' }]);
  });
});

describe('failed sessions', () => {
  it('lock the selfie at the fifth and tell the fallback; what was open counts no more', async () => {
    const fallback = { kind: 'email_link', url: 'https://app.example/login' };
    const workflow = await workflowOf({ lockout: { fallback } });
    const user = await findOrCreateUser(db, applicationId, randomUUID());
    const declined: Session[] = [];
    for (let i = 0; i < 5; i++) {
      const session = await openSession(workflow, {}, user);
      await take(verdictOf(session, 'Approved', { face: 12 }));
      declined.push((await findSession(db, session.id)) as Session);
    }
    expect(declined.map(({ status }) => status)).toEqual(Array(5).fill('Declined'));
    expect(declined[3]?.decision?.lockout).toBeNull();
    expect(declined[4]?.decision?.lockout).toMatchObject({ fallback });
    const body = (await outboxOf(declined[4]?.id ?? '')).at(-1)?.body as { decision: unknown };
    expect(body.decision).toMatchObject({ lockout: { fallback } });

    const sixth = await openSession(workflow, {}, user);
    await take(verdictOf(sixth, 'Approved', { face: 99 }));
    const refused = await findSession(db, sixth.id);
    expect(refused).toMatchObject({ status: 'Declined', approval_id: null });
    expect(refused?.decision?.reasons).toContain('SELFIE_LOCKED');
  });
});

describe('the clock', () => {
  async function ended(now: Date): Promise<string[]> {
    const ids: string[] = [];
    const fail = (_id: string, error: Error) => {
      throw error;
    };
    await endOverdue(db, now, async ({ id }) => void ids.push(id), fail);
    return ids;
  }

  it('expires what nobody opened, abandons what nobody finished, leaves the rest', async () => {
    const workflow = await workflowOf({ session_completion_time: 60 });
    const unopened = await openSession(workflow);
    const opened = await openSession(workflow);
    const decided = await openSession(workflow);
    await take(verdictOf(opened, 'In Progress'));
    await take(verdictOf(decided, 'Approved'));
    const later = new Date(Date.now() + 61_000);
    expect(await ended(later)).toContain(opened.id);
    const evenLater = new Date(Date.now() + 601_000);
    await ended(evenLater);
    expect(await ended(evenLater)).toEqual([]);
    expect(await findSession(db, unopened.id)).toMatchObject({ status: 'Expired' });
    expect(await findSession(db, opened.id)).toMatchObject({
      status: 'Abandoned',
      decision: { livenessChecks: [{ status: 'Not Finished', score: null }] },
    });
    expect(await findSession(db, decided.id)).toMatchObject({ status: 'Approved' });
    expect(await history(unopened.id)).toEqual(['Not Started', 'Expired']);
  });
});

describe('an enrolment', () => {
  it('is approved without a code, a price or knowledge of the device', async () => {
    const session = await openSession(await workflowOf(), { purpose: 'enrolment' });
    await take(verdictOf(session, 'Approved', {}, { face: null }));
    const after = (await findSession(db, session.id)) as Session;
    expect(after).toMatchObject({ status: 'Approved', approval_id: null });
    expect(await usageOf(db, session.id)).toMatchObject([{ amount: '0.0000', item: 'enrolment' }]);
    const hashes = { device: session.device_hash, address: session.address_hash };
    const known = await knownContexts(db, session.user_id as string, hashes, new Date(0));
    expect(known).toEqual({ device: false, address: false });
  });
});
