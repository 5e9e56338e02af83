import { randomUUID } from 'node:crypto';
import { SESSION_STATUSES, type SessionStatus } from '@regard/contract';
import { type Actor, canTransition } from '@regard/policy';
import { createDatabase, createPool } from '@regard/service-kit';
import { createTestDatabase, type TestDatabase } from '@regard/testkit/postgres';
import fc from 'fast-check';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createApplication,
  type Database,
  ensurePartitions,
  findOrCreateUser,
  findReusableSession,
  findSession,
  insertSession,
  type NewSession,
  type ReauthSchema,
  type Session,
  sessionEvents,
  transition,
} from '../src/index.ts';
import { sessionValues } from './session-values.ts';

const logger = pino({ level: 'silent' });
const ACTORS: Actor[] = ['entry', 'verdict', 'step_up', 'clock', 'review'];

let database: TestDatabase;
let db: Database;
let applicationId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDatabase<ReauthSchema>(
    createPool(database.urls.reauth, { applicationName: 'test', logger }),
  );
  applicationId = await createApplication(db, { name: 'App', environment: 'live' });
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const valuesOf = (change: Partial<NewSession> = {}) => sessionValues(applicationId, change);

async function newSession(change: Partial<NewSession> = {}): Promise<Session> {
  const inserted = await insertSession(db, valuesOf(change), ['Not Started']);
  if (!inserted.ok) throw new Error(inserted.reason);
  return inserted.session;
}

const move = (session: Session, to: SessionStatus, by: Actor) =>
  db.transaction().execute((trx) => transition(trx, session, { to, by, now: new Date() }));

const outboxOf = (sessionId: string) =>
  db.selectFrom('reauth.outbox').selectAll().where('session_id', '=', sessionId).execute();

describe('the one transition', () => {
  it('keeps every history a path of the status machine, whatever is asked of it', async () => {
    const step = fc.record({
      to: fc.constantFrom(...SESSION_STATUSES),
      by: fc.constantFrom(...ACTORS),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        let session = await newSession();
        for (const { to, by } of steps) {
          const result = await move(session, to, by);
          if (result.ok) session = result.session;
          else expect(await findSession(db, session.id)).toEqual(session);
        }
        const events = await sessionEvents(db, session.id);
        expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
        for (const [index, event] of events.entries()) {
          const before = events[index - 1]?.status ?? null;
          expect(event.previous_status).toBe(before);
          if (before !== null)
            expect(canTransition(before, event.status, event.caused_by)).toBe(true);
        }
        expect(events.at(-1)?.status).toBe(session.status);
        expect(session.sequence).toBe(events.length);
        expect(await outboxOf(session.id)).toHaveLength(events.length);
      }),
      { numRuns: 40 },
    );
  });

  it('lets one of many who saw the same state win', async () => {
    const session = await newSession();
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        move(session, index % 2 ? 'Approved' : 'Declined', 'verdict'),
      ),
    );
    const refused = results.filter((result) => !result.ok);
    expect(refused).toHaveLength(9);
    expect(refused.every((result) => !result.ok && result.reason === 'CONFLICT')).toBe(true);
    expect(await sessionEvents(db, session.id)).toHaveLength(3);
  });

  it('leaves nothing behind when the rest of the transaction fails', async () => {
    const session = await newSession();
    const failing = db.transaction().execute(async (trx) => {
      await transition(trx, session, { to: 'Approved', by: 'verdict', now: new Date() });
      throw new Error('afterwards');
    });
    await expect(failing).rejects.toThrow('afterwards');
    expect(await findSession(db, session.id)).toEqual(session);
    expect(await outboxOf(session.id)).toHaveLength(1);
  });
});

describe('open sessions', () => {
  it('are handed out until they are finished, one for a user and workflow', async () => {
    const user = await findOrCreateUser(db, applicationId, randomUUID());
    const session = await newSession({ user_id: user.id });
    const wanted = {
      userId: user.id,
      workflowId: session.workflow_id,
      workflowVersion: 1,
      purpose: 'sign_in' as const,
    };
    const again = valuesOf({ user_id: user.id, workflow_id: session.workflow_id });
    expect(await insertSession(db, again, ['Not Started'])).toMatchObject({ ok: false });
    expect(await findReusableSession(db, wanted, new Date())).toMatchObject({ id: session.id });
    expect(await findReusableSession(db, { ...wanted, workflowVersion: 2 }, new Date())).toBeNull();
    const late = new Date(session.deadline.getTime() + 60_000);
    expect(await findReusableSession(db, wanted, late)).toBeNull();
    await move(session, 'Declined', 'verdict');
    expect(await findReusableSession(db, wanted, new Date())).toBeNull();
    expect(await insertSession(db, again, ['Not Started'])).toMatchObject({ ok: true });
  });

  it('that come back by hand do not take the place of one that is open', async () => {
    const user = await findOrCreateUser(db, applicationId, randomUUID());
    const first = await newSession({ user_id: user.id });
    const declined = await move(first, 'Declined', 'verdict');
    const second = await newSession({ user_id: user.id, workflow_id: first.workflow_id });
    if (!declined.ok) throw new Error(declined.reason);
    expect(await move(declined.session, 'Resubmitted', 'review')).toMatchObject({ ok: true });
    const wanted = {
      userId: user.id,
      workflowId: first.workflow_id,
      workflowVersion: 1,
      purpose: 'sign_in' as const,
    };
    expect(await findReusableSession(db, wanted, new Date())).toMatchObject({ id: second.id });
  });
});

describe('the schema', () => {
  it('prepares months ahead, once each, and finds a session by its id in its month alone', async () => {
    expect(await ensurePartitions(db)).toBe(0);
    const session = await newSession();
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    const { rows: partitions } = await admin.query(
      `select relname from pg_class where relname ~ '^sessions_\\d{4}_\\d{2}$'`,
    );
    expect(partitions.length).toBeGreaterThanOrEqual(5);
    const { rows: plan } = await admin.query(
      `explain (format json) select * from reauth.sessions where id = '${session.id}'`,
    );
    const text = JSON.stringify(plan);
    expect(text.match(/sessions_\d{4}_\d{2}"/g)).toHaveLength(1);
    expect(text).toContain('Index Scan');
    await admin.end();
  });

  it('is closed to the other owners, and its role can change rows only', async () => {
    for (const url of [database.urls.biometrics, database.urls.tokens]) {
      const stranger = new pg.Client({ connectionString: url });
      await stranger.connect();
      await expect(stranger.query('select 1 from reauth.sessions')).rejects.toThrow(
        'permission denied',
      );
      await stranger.end();
    }
    const owner = new pg.Client({ connectionString: database.urls.reauth });
    await owner.connect();
    for (const statement of [
      'drop table reauth.usage',
      'create table reauth.mine (id int)',
      'truncate reauth.usage',
      'select 1 from reauth.kysely_migration',
      'select 1 from biometrics.templates',
      'select 1 from tokens.clients',
    ]) {
      await expect(owner.query(statement)).rejects.toThrow(/permission denied|must be owner/);
    }
    await owner.end();
  });
});
