import { drawFace, TEST_IDENTITIES } from '@regard/testkit/drawn-faces';
import { createTestDatabase } from '@regard/testkit/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKFLOWS } from '../src/workflows.ts';
import { createVerifierFixture, type VerifierFixture } from './verifier-fixture.ts';

let fixture: VerifierFixture;
let portrait: Buffer;
beforeAll(async () => {
  fixture = await createVerifierFixture();
  portrait = await drawFace(TEST_IDENTITIES[0]!);
});
afterAll(() => fixture.close());

const passive = { workflow_id: WORKFLOWS.DRAWN_PASSIVE.id };
const enrolment = { workflow_id: WORKFLOWS.DRAWN_ENROLMENT.id };
const post = (body: object) => fixture.api('POST', '/v3/session/', body);

describe('creating a session', () => {
  it('answers as the contract says and keeps no token', async () => {
    const metadata = { regard_session_id: 'x', n: [1, null, 'é'] };
    const callback = 'https://app.example/back';
    const answer = await post({
      ...enrolment,
      vendor_data: 'create-1',
      metadata,
      callback,
      language: 'de',
    });
    expect(answer.statusCode).toBe(201);
    const body = answer.json();
    expect(body).toMatchObject({
      session_kind: 'user',
      status: 'Not Started',
      vendor_data: 'create-1',
      metadata,
      callback,
      workflow_id: enrolment.workflow_id,
      workflow_version: 1,
    });
    expect(body.session_token).toMatch(/^[\w-]{22}$/);
    expect(body.url).toBe(`https://verify.example/de/session/${body.session_token}`);
    const rows = await fixture.db.selectFrom('biometrics.sessions').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(body.session_token);
    const second = await post({ ...enrolment, vendor_data: 'create-1' });
    expect(second.json().session_number).toBeGreaterThan(body.session_number);
  });

  it('takes metadata of any kind back unchanged, text as text', async () => {
    const created = await post({ ...enrolment, vendor_data: 'm', metadata: '{"a":1}' });
    const url = `/v3/session/${created.json().session_id}/decision`;
    expect((await fixture.api('GET', url)).json().metadata).toBe('{"a":1}');
  });

  it.each([
    ['no workflow', {}, 'RGD_INVALID_REQUEST'],
    ['an unknown workflow', { workflow_id: crypto.randomUUID() }, 'RGD_UNKNOWN_WORKFLOW'],
    ['another workflow type', { ...passive, workflow_type: 'kyc' }, 'RGD_WORKFLOW_TYPE_MISMATCH'],
    ['an enrolment of nobody', enrolment, 'RGD_INVALID_REQUEST'],
    ['a null character', { ...enrolment, vendor_data: 'a\0b' }, 'RGD_INVALID_REQUEST'],
    ['nothing to compare with', { ...passive, vendor_data: 'nobody' }, 'RGD_PORTRAIT_REQUIRED'],
    ['no person and no portrait', passive, 'RGD_PORTRAIT_REQUIRED'],
    ['a portrait that is no base64', { ...passive, portrait_image: '%%' }, 'RGD_PORTRAIT_UNUSABLE'],
    [
      'a portrait that is no picture',
      { ...passive, portrait_image: 'aGk=' },
      'RGD_PORTRAIT_UNUSABLE',
    ],
    [
      'a portrait above 2 MB',
      { ...passive, portrait_image: Buffer.alloc(2 * 1024 * 1024 + 1).toString('base64') },
      'RGD_PORTRAIT_UNUSABLE',
    ],
  ])('refuses %s', async (_what, body, code) => {
    const answer = await post(body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().code).toBe(code);
    if (code.startsWith('RGD_PORTRAIT')) {
      expect(answer.json().portrait_image).toEqual(expect.any(String));
    }
  });

  it('takes a portrait with and without a data: prefix and keeps only a sealed template', async () => {
    const base64 = portrait.toString('base64');
    for (const portrait_image of [base64, `data:image/jpeg;base64,${base64}`]) {
      const { id } = await fixture.open({ portrait_image });
      const row = await fixture.db
        .selectFrom('biometrics.sessions')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      expect(row.reference?.length).toBeGreaterThan(1152 * 4);
      expect(row.reference?.length).toBeLessThan(portrait.length);
    }
  });

  it('wants the API key: none 403, a wrong one 401', async () => {
    const call = (headers: Record<string, string>) =>
      fixture.app.inject({ method: 'POST', url: '/v3/session/', headers, payload: passive });
    expect((await call({})).statusCode).toBe(403);
    expect((await call({ 'x-api-key': 'sk_test_gateway_of_the_testX' })).statusCode).toBe(401);
  });

  it('knows no other session ids', async () => {
    for (const id of [crypto.randomUUID(), 'no-uuid']) {
      expect((await fixture.api('GET', `/v3/session/${id}/decision/`)).statusCode).toBe(404);
      expect((await fixture.api('DELETE', `/v3/session/${id}/delete/`)).statusCode).toBe(404);
    }
  });
});

describe('the schema biometrics', () => {
  it('can be read by no other role', async () => {
    const database = await createTestDatabase();
    for (const url of [database.urls.reauth, database.urls.tokens]) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      for (const table of ['sessions', 'templates', 'unsent_events']) {
        const query = client.query(`select * from biometrics.${table}`);
        await expect(query).rejects.toThrow(/permission denied/);
      }
      await client.end();
    }
    const own = new pg.Client({ connectionString: database.urls.biometrics });
    await own.connect();
    await own.query('select * from biometrics.templates');
    await own.end();
    await database.drop();
  });
});
