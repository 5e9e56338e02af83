import { drawFace, TEST_IDENTITIES } from '@regard/testkit/drawn-faces';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKFLOWS } from '../src/workflows.ts';
import { createVerifierFixture, type VerifierFixture } from './verifier-fixture.ts';

const [alice, bob] = TEST_IDENTITIES;
let fixture: VerifierFixture;
let photos: Buffer[];
let selfie: Buffer;
let other: Buffer;
beforeAll(async () => {
  fixture = await createVerifierFixture();
  photos = await Promise.all([1, 2, 3].map((seed) => drawFace(alice!, { seed })));
  selfie = await drawFace(alice!, { seed: 8, light: -0.3 });
  other = await drawFace(bob!, { seed: 4 });
});
afterAll(() => fixture.close());

const openEnrolment = (subject: string) =>
  fixture.open({ workflow_id: WORKFLOWS.DRAWN_ENROLMENT.id, vendor_data: subject });
const templateOf = (subject: string) =>
  fixture.db
    .selectFrom('biometrics.templates')
    .selectAll()
    .where('subject', '=', subject)
    .executeTakeFirst();

describe('an enrolment', () => {
  it('takes three frames, stores one sealed template, and knows the person afterwards', async () => {
    const { id, token } = await openEnrolment('enrol-1');
    const first = await fixture.frame(token, photos[0]!);
    expect(first.json()).toMatchObject({ status: 'In Progress', next: 'frame', frames_left: 2 });
    expect(await templateOf('enrol-1')).toBeUndefined();
    await fixture.frame(token, photos[1]!);
    const last = await fixture.frame(token, photos[2]!);
    expect(last.json()).toMatchObject({ status: 'Approved', next: 'outcome', frames_left: 0 });

    const [, approved] = await fixture.events(id, 2);
    expect(approved).toMatchObject({
      status: 'Approved',
      decision: { liveness_checks: [{ status: 'Approved' }], face_matches: null },
    });
    expect(approved).not.toHaveProperty('face');
    expect((await templateOf('enrol-1'))?.session_id).toBe(id);

    const session = await fixture.open({ vendor_data: 'enrol-1' });
    expect((await fixture.frame(session.token, selfie)).json().status).toBe('Approved');
  });

  it('keeps nothing readable: neither between the frames nor in the template', async () => {
    const { id, token } = await openEnrolment('enrol-2');
    await fixture.frame(token, photos[0]!);
    const analysis = await fixture.face.analyze(photos[0]!);
    if (!analysis.ok) throw new Error('The drawn face was refused');
    const needle = Buffer.from(analysis.embedding.buffer).subarray(0, 64);
    const row = await fixture.db
      .selectFrom('biometrics.sessions')
      .select('capture_state')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.capture_state?.length).toBeGreaterThan(1152 * 4);
    expect(row.capture_state?.includes(needle)).toBe(false);
    const only = await fixture.upload(`/session/${token}/frames?last=true`, photos[1]!);
    expect(only.json().status).toBe('Approved');
    expect((await templateOf('enrol-2'))?.sealed.includes(needle)).toBe(false);
  });

  it('counts a picture that is sent twice once', async () => {
    const { token } = await openEnrolment('enrol-3');
    await fixture.frame(token, photos[0]!);
    const again = await fixture.frame(token, photos[0]!);
    expect(again.json()).toMatchObject({ frames_left: 2, attempts_left: 3 });
  });

  it('refuses a second person half-way and replaces a template only by an approved one', async () => {
    await fixture.enrol('enrol-4', photos);
    const before = await templateOf('enrol-4');
    const { id, token } = await openEnrolment('enrol-4');
    await fixture.frame(token, photos[0]!);
    for (const attemptsLeft of [2, 1, 0]) {
      const answer = await fixture.frame(token, other);
      expect(answer.statusCode).toBe(422);
      expect(answer.json()).toMatchObject({
        code: 'RGD_DIFFERENT_PERSON',
        attempts_left: attemptsLeft,
      });
    }
    const [, declined] = await fixture.events(id, 2);
    expect(declined?.decision?.liveness_checks[0]?.warnings[0]?.risk).toBe('LIVENESS_FACE_ATTACK');
    expect(await templateOf('enrol-4')).toEqual(before);

    await fixture.enrol('enrol-4', photos);
    expect((await templateOf('enrol-4'))?.id).not.toBe(before?.id);
  });

  it('is not seen by workflows for other faces', async () => {
    await fixture.enrol('enrol-5', photos);
    const workflow_id = WORKFLOWS.PASSIVE.id;
    const body = { workflow_id, vendor_data: 'enrol-5' };
    const answer = await fixture.api('POST', '/v3/session/', body);
    expect(answer.json().code).toBe('RGD_PORTRAIT_REQUIRED');
  });
});

describe('deleting a session', () => {
  const remove = async (id: string, body?: object) =>
    (await fixture.api('DELETE', `/v3/session/${id}/delete/`, body)).json();

  it('takes the template an enrolment made, unless it is to be retained', async () => {
    const id = await fixture.enrol('delete-1', photos);
    const template = await templateOf('delete-1');
    const retained = await remove(id, { retain_face_embeddings: true });
    expect(retained).toEqual({
      session_id: id,
      session_number: expect.any(Number),
      face_retention_outcome: 'retained_with_user',
      biometric_template_uuid: template?.id,
    });
    expect(await templateOf('delete-1')).toEqual(template);

    const again = await fixture.enrol('delete-1', photos);
    const replaced = await templateOf('delete-1');
    expect(await remove(again)).toMatchObject({
      face_retention_outcome: 'deleted',
      biometric_template_uuid: replaced?.id,
    });
    expect(await templateOf('delete-1')).toBeUndefined();
    expect((await fixture.api('GET', `/v3/session/${again}/decision/`)).statusCode).toBe(404);
  });

  it('leaves a template that a later enrolment has made', async () => {
    const first = await fixture.enrol('delete-2', photos);
    await fixture.enrol('delete-2', photos);
    expect(await remove(first)).toMatchObject({ face_retention_outcome: 'none' });
    expect(await templateOf('delete-2')).toBeDefined();
  });

  it('erases what is enrolled of the person, from any session of theirs', async () => {
    await fixture.enrol('delete-3', photos);
    const { id } = await fixture.open({ vendor_data: 'delete-3' });
    const erased = await remove(id, { deletion_instruction: 'privacy_erasure' });
    expect(erased).toMatchObject({ face_retention_outcome: 'deleted' });
    expect(await templateOf('delete-3')).toBeUndefined();
  });

  it('says so when there is no face, or nobody to retain it for', async () => {
    await fixture.enrol('delete-4', photos);
    const { id } = await fixture.open({ vendor_data: 'delete-4' });
    expect(await remove(id)).toMatchObject({ face_retention_outcome: 'none' });
    const portrait_image = photos[0]!.toString('base64');
    const nobody = await fixture.open({ portrait_image });
    expect(await remove(nobody.id, { retain_face_embeddings: true })).toMatchObject({
      face_retention_outcome: 'ineligible_no_vendor_user',
      biometric_template_uuid: null,
    });
    const portrait = await fixture.open({ portrait_image });
    expect(await remove(portrait.id)).toMatchObject({ face_retention_outcome: 'deleted' });
  });
});
