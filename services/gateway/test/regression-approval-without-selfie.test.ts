import { randomUUID } from 'node:crypto';
import { approvalOf, findSession, lockSession, type Session, transition } from '@regard/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type Gateway, rememberSelfie } from './gateway-fixture.ts';

let gateway: Gateway;
let workflowId: string;

beforeAll(async () => {
  gateway = await createGateway();
  workflowId = (await gateway.workflow()).id;
});

afterAll(() => gateway.close());

const home = { device_id: 'd-home', from_ip: '203.0.113.7' };

async function create(vendor_data: string, metadata: object = home) {
  const body = { workflow_id: workflowId, vendor_data, metadata };
  return (await gateway.call('POST', '/v3/session/', body)).json();
}

async function move(id: string, to: 'Abandoned' | 'Approved' | 'Declined'): Promise<void> {
  await gateway.db.transaction().execute(async (trx) => {
    const session = (await lockSession(trx, id)) as Session;
    const set = to === 'Abandoned' ? {} : { selfie_at: new Date() };
    const result = await transition(trx, session, { to, by: 'verdict', now: new Date(), set });
    if (!result.ok) throw new Error(result.reason);
  });
}

const review = (id: string, new_status: string) =>
  gateway.call('PATCH', `/v3/session/${id}/update-status/`, { new_status });

describe('an approval by hand', () => {
  it('claims no face, and teaches nothing, where no selfie was taken', async () => {
    const user = randomUUID();
    const { session_id } = await create(user);
    await move(session_id, 'Abandoned');
    expect((await review(session_id, 'Approved')).statusCode).toBe(200);
    const session = (await findSession(gateway.db, session_id)) as Session;
    expect(approvalOf(session)).toBeNull();
    expect(await create(user)).toMatchObject({ method: 'PASSIVE', entry_reason: 'NEW_DEVICE' });
  });

  it('does not make an old selfie young', async () => {
    const user = randomUUID();
    const first = await create(user);
    await rememberSelfie(gateway, first.session_id, 29);
    await move(first.session_id, 'Declined');
    const skipped = await create(user);
    expect(skipped.method).toBe('SKIP');
    await review(skipped.session_id, 'Declined');
    await review(skipped.session_id, 'Approved');
    expect((await create(user)).method).not.toBe('SKIP');
  });

  it('that is taken back takes what it taught with it', async () => {
    const user = randomUUID();
    const { session_id } = await create(user);
    await move(session_id, 'Approved');
    await rememberSelfie(gateway, session_id, 0);
    expect((await create(user)).method).toBe('SKIP');
    await review(session_id, 'Declined');
    expect((await create(user)).method).toBe('PASSIVE');
  });
});

describe('a second create for the same open session', () => {
  it("does not make a stranger's device known when the person finishes", async () => {
    const user = randomUUID();
    const stranger = { device_id: 'd-stranger', from_ip: '203.0.113.66' };
    const own = await create(user);
    const contested = await create(user, stranger);
    expect(contested.session_id).toBe(own.session_id);
    await move(own.session_id, 'Approved');
    await rememberSelfie(gateway, own.session_id, 0);
    expect((await create(user, stranger)).method).toBe('PASSIVE');
  });
});
