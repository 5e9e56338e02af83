import { drawFace, TEST_IDENTITIES } from '@regard/testkit/drawn-faces';
import { waitFor } from '@regard/testkit/wait-for';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDueEvents } from '../src/event-store.ts';
import { createVerifierFixture, type VerifierFixture } from './verifier-fixture.ts';

const [alice] = TEST_IDENTITIES;
let fixture: VerifierFixture;
let selfie: Buffer;
beforeAll(async () => {
  fixture = await createVerifierFixture();
  selfie = await drawFace(alice!, { seed: 5 });
  const photos = await Promise.all([1, 2, 3].map((seed) => drawFace(alice!, { seed })));
  await fixture.enrol('alice', photos);
});
afterAll(() => fixture.close());

const openForAlice = () => fixture.open({ vendor_data: 'alice' });
const begin = (token: string) =>
  fixture.app.inject({ method: 'POST', url: `/session/${token}/open` });
const outcomeOf = async (token: string, waitSeconds: number) =>
  (await fixture.app.inject(`/session/${token}/outcome?wait_seconds=${waitSeconds}`)).json();
const unsent = () => fixture.db.selectFrom('biometrics.unsent_events').selectAll().execute();

describe('webhooks', () => {
  it('are sent again after the receiver was away: the same event, a fresh timestamp', async () => {
    const { id, token } = await openForAlice();
    await begin(token);
    await fixture.events(id, 1);
    const down = fixture.receiver.requests.length;
    fixture.receiver.script({ status: 503 }, 'reset');
    await fixture.frame(token, selfie);
    // Each clock jump makes the next attempt due, and its timestamp another one.
    for (const attempts of [1, 2, 3]) {
      await waitFor(() => fixture.receiver.requests.length >= down + attempts, {
        what: `attempt ${attempts}`,
      });
      if (attempts < 3) fixture.advance(3);
    }
    const attempts = (await fixture.events(id, 4)).slice(1);
    expect(attempts.map(({ status }) => status)).toEqual(['Approved', 'Approved', 'Approved']);
    expect(new Set(attempts.map(({ event_id }) => event_id)).size).toBe(1);
    expect(new Set(attempts.map(({ created_at }) => created_at)).size).toBe(1);
    expect(new Set(attempts.map(({ timestamp }) => timestamp)).size).toBe(3);
    await waitFor(async () => (await unsent()).length === 0, { what: 'the event to be gone' });
  });

  it('wait half a minute when the receiver refuses them, and are kept', async () => {
    const { id, token } = await openForAlice();
    fixture.receiver.script({ status: 401 });
    await begin(token);
    const [row] = await waitFor(
      async () => {
        const rows = await unsent();
        return rows[0]?.attempts === 1 && rows;
      },
      { what: 'the refused event' },
    );
    expect(row?.session_id).toBe(id);
    expect(row!.next_attempt_at.getTime() - row!.created_at.getTime()).toBeGreaterThan(29_000);
    fixture.advance(31);
    await fixture.events(id, 2);
  });

  it('of a sender that died are sent by another one', async () => {
    const { id, token } = await openForAlice();
    await fixture.db
      .insertInto('biometrics.unsent_events')
      .values({
        id: crypto.randomUUID(),
        session_id: id,
        body: JSON.stringify({ session_id: id, status: 'In Progress', left: 'behind' }),
        created_at: new Date(0),
        next_attempt_at: new Date(0),
      })
      .execute();
    // Older than a day: one last attempt, which arrives.
    const [event] = await fixture.events(id, 1);
    expect(event).toMatchObject({ left: 'behind' });
    expect(token).toBeTruthy();
  });
});

describe('copies of the service', () => {
  it('never take the same event', async () => {
    const sessionId = crypto.randomUUID();
    const row = () => ({
      id: crypto.randomUUID(),
      session_id: sessionId,
      body: JSON.stringify({ session_id: sessionId, status: 'Approved' }),
      created_at: fixture.now(),
      next_attempt_at: new Date(0),
    });
    const rows = Array.from({ length: 60 }, row);
    await fixture.db.insertInto('biometrics.unsent_events').values(rows).execute();
    // The second copy comes while the first has not committed yet, and does not wait for it.
    const taken = await fixture.db.transaction().execute(async (trx) => {
      const first = await claimDueEvents(trx, fixture.now(), 10);
      const second = await claimDueEvents(fixture.db, fixture.now(), 10);
      return [...first, ...second].map(({ id }) => id);
    });
    expect(taken.length).toBeGreaterThan(0);
    expect(new Set(taken).size).toBe(taken.length);
    // What no claim took, the verifier of this test sends; what one took is leased to it.
    const own = rows.filter(({ id }) => !taken.includes(id));
    await waitFor(async () => (await unsent()).length === taken.length, { what: 'the others' });
    expect(await fixture.events(sessionId, own.length)).toHaveLength(own.length);
    await fixture.db.deleteFrom('biometrics.unsent_events').execute();
  });
});

describe('a session nobody finishes', () => {
  it('expires after a week when it was not opened', async () => {
    const { id, token } = await openForAlice();
    fixture.advance(7 * 86_400 + 1);
    const answer = await fixture.frame(token, selfie);
    expect(answer.statusCode).toBe(409);
    const [expired] = await waitFor(() => fixture.events(id, 1), {
      timeoutMs: 15_000,
      what: 'the sweep',
    });
    expect(expired?.status).toBe('Expired');
    expect(expired).not.toHaveProperty('decision');
  });

  it('is abandoned an hour after it was opened, its features not finished', async () => {
    const { id, token } = await openForAlice();
    await begin(token);
    fixture.advance(3601);
    const [, abandoned] = await waitFor(() => fixture.events(id, 2), {
      timeoutMs: 15_000,
      what: 'the sweep',
    });
    expect(abandoned).toMatchObject({
      status: 'Abandoned',
      decision: {
        liveness_checks: [{ status: 'Not Finished', score: null }],
        face_matches: [{ status: 'Not Finished' }],
      },
    });
  });
});

describe('the outcome', () => {
  const announce = (id: string, status: string) => fixture.announce(id, status);

  it('reaches a page that waits, with the way back and its own parameters kept', async () => {
    const { id, token } = await openForAlice();
    const waiting = outcomeOf(token, 10);
    await announce(id, 'In Progress');
    await announce(crypto.randomUUID(), 'Declined');
    await announce(id, 'In Review');
    expect(await waiting).toEqual({
      decided: true,
      status: 'In Review',
      return_url: `https://app.example/back?keep=this&verificationSessionId=${id}&status=In+Review`,
    });
  });

  it('is remembered for a page that asks late', async () => {
    const { id, token } = await openForAlice();
    await announce(id, 'Resubmitted');
    await waitFor(async () => (await outcomeOf(token, 0)).decided, { what: 'the announcement' });
    expect((await outcomeOf(token, 10)).status).toBe('Resubmitted');
  });

  it('falls back to what the verifier found, and says that it is not the decision', async () => {
    const { token } = await openForAlice();
    await fixture.frame(token, selfie);
    expect(await outcomeOf(token, 0)).toMatchObject({ decided: false, status: 'Approved' });
  });

  it('is unknown for an unknown link', async () => {
    expect((await fixture.app.inject('/session/unknown/outcome')).statusCode).toBe(404);
  });
});
