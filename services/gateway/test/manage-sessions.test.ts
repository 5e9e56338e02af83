import { randomUUID } from 'node:crypto';
import { OUTCOME_CHANNEL, type SessionStatus } from '@regard/contract';
import {
  addApiKey,
  createApplication,
  findSession,
  lockSession,
  type Session,
  transition,
} from '@regard/store';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from './gateway-fixture.ts';

let gateway: Gateway;
let workflowId: string;

beforeAll(async () => {
  gateway = await createGateway();
  workflowId = (await gateway.workflow()).id;
});

afterAll(() => gateway.close());

async function sessionIn(status: SessionStatus, change: object = {}): Promise<Session> {
  const body = { workflow_id: workflowId, vendor_data: randomUUID(), ...change };
  const { session_id } = (await gateway.call('POST', '/v3/session/', body)).json();
  if (status !== 'Not Started') await move(session_id, status);
  return (await findSession(gateway.db, session_id)) as Session;
}

async function move(id: string, to: SessionStatus): Promise<void> {
  await gateway.db.transaction().execute(async (trx) => {
    const session = await lockSession(trx, id);
    if (session === null) throw new Error('No session');
    const check = { node_id: 'liveness-1', status: to, method: 'PASSIVE', score: 40 };
    const decision = {
      livenessChecks: [check],
      faceMatches: null,
      reasons: [],
      lockout: null,
      flat: {},
    };
    const set = { decision: JSON.stringify(decision) };
    const result = await transition(trx, session, { to, by: 'verdict', now: new Date(), set });
    if (!result.ok) throw new Error(result.reason);
  });
}

const patch = (id: string, body: object) =>
  gateway.call('PATCH', `/v3/session/${id}/update-status/`, body);
const decision = async (id: string, query = '') =>
  (await gateway.call('GET', `/v3/session/${id}/decision/${query}`)).json();

describe('GET /v3/session/{id}/decision/', () => {
  it('shows the arrays only once there is something in them', async () => {
    const fresh = await sessionIn('Not Started', { metadata: { a: 1 } });
    expect(await decision(fresh.id)).toMatchObject({
      session_id: fresh.id,
      status: 'Not Started',
      liveness_checks: null,
      metadata: { a: 1 },
      environment: 'sandbox',
    });
    const reviewed = await sessionIn('In Review');
    expect(await decision(reviewed.id, '?include=events')).toMatchObject({
      liveness_checks: [{ status: 'In Review', score: 40 }],
      events: [{ status: 'Not Started' }, { status: 'In Progress' }, { status: 'In Review' }],
    });
  });
});

describe('PATCH /v3/session/{id}/update-status/', () => {
  it('approves by hand, keeps who and why, and sends one event', async () => {
    const session = await sessionIn('In Review');
    const answer = await patch(session.id, { new_status: 'Approved', comment: 'Looks right.' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ session_id: session.id });
    expect(await decision(session.id)).toMatchObject({
      status: 'Approved',
      reviews: [{ user: 'API Client', new_status: 'Approved', comment: 'Looks right.' }],
    });
    const again = await patch(session.id, { new_status: 'Approved' });
    expect(again.statusCode).toBe(200);
    const after = await findSession(gateway.db, session.id);
    expect(after?.sequence).toBe(session.sequence + 1);
  });

  it('judges the status before the body', async () => {
    const open = await sessionIn('Not Started');
    for (const body of [{ new_status: 'Approved' }, { nonsense: true }]) {
      const answer = await patch(open.id, body);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'RGD_STATUS_NOT_CHANGEABLE' });
    }
  });

  it.each([
    ['In Review as a target', { new_status: 'In Review' }, 'RGD_INVALID_REQUEST'],
    ['a mail nobody can send', { new_status: 'Declined', send_email: true }, 'RGD_INVALID_REQUEST'],
  ])('refuses %s', async (_what, body, code) => {
    const session = await sessionIn('In Review');
    const answer = await patch(session.id, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code });
  });

  it('sends back what did not pass, and opens the step when the person comes', async () => {
    const session = await sessionIn('Declined');
    expect((await patch(session.id, { new_status: 'Resubmitted' })).statusCode).toBe(200);
    const twice = await patch(session.id, { new_status: 'Resubmitted' });
    expect(twice.json()).toMatchObject({ code: 'RGD_ILLEGAL_TRANSITION' });
    const back = (await findSession(gateway.db, session.id)) as Session;
    const path = new URL(back.url).pathname;
    const [first, second] = await Promise.all([
      gateway.call('GET', path),
      gateway.call('GET', path),
    ]);
    expect(first.statusCode).toBe(303);
    expect(first.headers.location).toMatch(/^https:\/\/provider\.example\//);
    expect(second.headers.location).toBe(first.headers.location);
  });

  it('finds nothing to send back in a session that passed', async () => {
    const approved = await sessionIn('Approved');
    const empty = await patch(approved.id, { new_status: 'Resubmitted' });
    expect(empty.json()).toMatchObject({ code: 'RGD_NOTHING_TO_RESUBMIT' });
    const nodes_to_resubmit = ['LIVENESS'];
    const named = await patch(approved.id, { new_status: 'Resubmitted', nodes_to_resubmit });
    expect(named.statusCode).toBe(200);
  });
});

describe('GET /v3/sessions/', () => {
  it('filters, pages and counts, newest first', async () => {
    const own = await createGateway();
    const { id } = await own.workflow();
    for (const vendor_data of ['u-1', 'u-2', 'u-3']) {
      await own.call('POST', '/v3/session/', { workflow_id: id, vendor_data });
    }
    const page = (await own.call('GET', '/v3/sessions/?limit=2')).json();
    expect(page.count).toBe(3);
    expect(page.results.map((row: { vendor_data: string }) => row.vendor_data)).toEqual([
      'u-3',
      'u-2',
    ]);
    const next = (
      await own.call('GET', new URL(page.next).pathname + new URL(page.next).search)
    ).json();
    expect(next.results).toHaveLength(1);
    expect(next.next).toBeNull();
    const count = async (query: string) =>
      (await own.call('GET', `/v3/sessions/?${query}`)).json().count;
    expect(await count('status=Not Started,Approved')).toBe(3);
    expect(await count('status=Approved')).toBe(0);
    expect(await count('search=U-2')).toBe(1);
    expect(await count('search=%25')).toBe(0);
    expect(await count(`date_from=${new Date(Date.now() - 60_000).toISOString()}`)).toBe(3);
    expect(await count(`date_to=${new Date(Date.now() - 60_000).toISOString()}`)).toBe(0);
    const wrong = await own.call('GET', '/v3/sessions/?status=approved');
    expect(wrong.statusCode).toBe(400);
    await own.close();
  });
});

describe('DELETE /v3/session/{id}/delete/', () => {
  it('deletes here and at the provider', async () => {
    const session = await sessionIn('Approved');
    const answer = await gateway.call('DELETE', `/v3/session/${session.id}/delete/`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ session_id: session.id, face_retention_outcome: 'none' });
    expect(gateway.provider.calls.at(-1)).toMatchObject({
      method: 'DELETE',
      path: `/v3/session/${session.provider_session_id}/delete/`,
    });
    expect((await gateway.call('GET', `/v3/session/${session.id}/decision/`)).statusCode).toBe(404);
  });

  it('deletes every step the session had at the provider', async () => {
    const session = await sessionIn('In Review');
    const earlier = randomUUID();
    const verdict = {
      event_id: randomUUID(),
      session_id: session.id,
      provider_session_id: earlier,
      status: 'In Review' as const,
      occurred_at: 1,
      method: 'PASSIVE',
      liveness_score: 90,
      face_score: 60,
      outcome: 'applied' as const,
      reason: 'Resubmitted',
      received_at: new Date(),
    };
    const stranger = { ...verdict, event_id: randomUUID(), provider_session_id: randomUUID() };
    await gateway.db
      .insertInto('reauth.verdicts')
      .values([verdict, { ...stranger, outcome: 'ignored', reason: 'OTHER_STEP' }])
      .execute();
    gateway.provider.calls.length = 0;
    await gateway.call('DELETE', `/v3/session/${session.id}/delete/`);
    const paths = gateway.provider.calls.map(({ path }) => path);
    expect(paths.sort()).toEqual(
      [earlier, session.provider_session_id].map((id) => `/v3/session/${id}/delete/`).sort(),
    );
  });

  it('deletes nothing while the provider is away', async () => {
    const session = await sessionIn('Approved');
    gateway.provider.answerNext({ status: 503 });
    const answer = await gateway.call('DELETE', `/v3/session/${session.id}/delete/`);
    expect(answer.statusCode).toBe(503);
    expect(await findSession(gateway.db, session.id)).not.toBeNull();
  });
});

describe("another application's session", () => {
  it('is as unknown as none, on every route', async () => {
    const session = await sessionIn('In Review');
    const stranger = await createApplication(gateway.db, { name: 'Other', environment: 'live' });
    await addApiKey(gateway.db, { applicationId: stranger, apiKey: 'stranger' });
    const headers = { 'x-api-key': 'stranger' };
    for (const id of [session.id, randomUUID(), 'nonsense', "' or 1=1"]) {
      const path = encodeURIComponent(id);
      const answers = [
        await gateway.call('GET', `/v3/session/${path}/decision/`, undefined, headers),
        await gateway.call(
          'PATCH',
          `/v3/session/${path}/update-status/`,
          { new_status: 'Approved' },
          headers,
        ),
        await gateway.call('DELETE', `/v3/session/${path}/delete/`, undefined, headers),
      ];
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
    }
    const list = await gateway.call('GET', '/v3/sessions/', undefined, headers);
    expect(list.json().count).toBe(0);
    const body = { workflow_id: workflowId };
    const create = await gateway.call('POST', '/v3/session/', body, headers);
    expect(create.json()).toMatchObject({ code: 'RGD_UNKNOWN_WORKFLOW' });
  });
});

describe('the return page', () => {
  const path = async (session: Session) => {
    const call = gateway.provider.calls.find(
      ({ body }) =>
        (body.metadata as { regard_session_id?: string })?.regard_session_id === session.id,
    );
    return new URL(call?.body.callback as string).pathname;
  };

  it('sends a browser that has not been at the provider there', async () => {
    const session = await sessionIn('Not Started');
    const answer = await gateway.call('GET', await path(session));
    expect(answer.headers.location).toBe(session.url);
  });

  it('waits for the decision and leads back with status and code', async () => {
    const session = await sessionIn('Not Started', { callback: 'https://app.example/done?a=b' });
    const back = `${await path(session)}?verificationSessionId=${session.provider_session_id}&status=Declined`;
    const answer = gateway.call('GET', back);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await gateway.db
      .updateTable('reauth.sessions')
      .set({ approval_id: randomUUID(), approved_at: new Date(), authenticated_at: new Date() })
      .where('id', '=', session.id)
      .execute();
    await move(session.id, 'Approved');
    const redis = new Redis(gateway.redisUrl);
    const outcome = { sessionId: session.id, providerSessionId: null, status: 'Approved' };
    await redis.publish(OUTCOME_CHANNEL, JSON.stringify(outcome));
    redis.disconnect();
    const target = new URL((await answer).headers.location as string);
    expect(target.origin + target.pathname).toBe('https://app.example/done');
    expect(target.searchParams.get('a')).toBe('b');
    expect(target.searchParams.get('status')).toBe('Approved');
    expect(target.searchParams.get('code')?.split('.')).toHaveLength(3);
  });

  it('gives no code for anything but a fresh approval', async () => {
    const declined = await sessionIn('Declined', { callback: 'https://app.example/done' });
    const first = await gateway.call('GET', await path(declined));
    expect(first.headers.location).toMatch(/status=Declined$/);
    const approved = await sessionIn('Approved', { callback: 'https://app.example/done' });
    const old = new Date(Date.now() - 61_000);
    await gateway.db
      .updateTable('reauth.sessions')
      .set({ approval_id: randomUUID(), approved_at: old, authenticated_at: old })
      .where('id', '=', approved.id)
      .execute();
    const second = await gateway.call('GET', await path(approved));
    expect(second.headers.location).toMatch(/status=Approved$/);
  });

  it('opens for nobody without the proof, and says so plainly when there is no callback', async () => {
    const session = await sessionIn('Approved');
    const good = await path(session);
    const forged = good.slice(0, -1) + (good.endsWith('A') ? 'B' : 'A');
    expect((await gateway.call('GET', forged)).statusCode).toBe(404);
    const answer = await gateway.call('GET', good);
    expect(answer.headers['content-type']).toMatch(/^text\/html/);
    expect(answer.body).toContain('You are signed in');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  });
});
