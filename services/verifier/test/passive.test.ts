import { sealTemplate } from '@regard/face';
import { drawFace, TEST_IDENTITIES } from '@regard/testkit/drawn-faces';
import { noFacePhoto, reshoot, samplePeople, twoFacesPhoto } from '@regard/testkit/photos';
import { waitFor } from '@regard/testkit/wait-for';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKFLOWS } from '../src/workflows.ts';
import { createVerifierFixture, type VerifierFixture } from './verifier-fixture.ts';

const [alice, bob] = TEST_IDENTITIES;
let fixture: VerifierFixture;
let selfie: Buffer;
let impostor: Buffer;
let nobody: Buffer;
beforeAll(async () => {
  fixture = await createVerifierFixture();
  selfie = await drawFace(alice!, { seed: 5, light: 0.3, scale: 0.95 });
  impostor = await drawFace(bob!, { seed: 6 });
  nobody = await noFacePhoto();
  const photos = await Promise.all([1, 2, 3].map((seed) => drawFace(alice!, { seed })));
  await fixture.enrol('alice', photos);
});
afterAll(() => fixture.close());

const openForAlice = () => fixture.open({ vendor_data: 'alice', metadata: { ref: 'r-1' } });

describe('a passive selfie', () => {
  it('approves the enrolled person and tells the receiver in signed webhooks', async () => {
    const { id, token } = await openForAlice();
    const answer = await fixture.frame(token, selfie);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      status: 'Approved',
      next: 'outcome',
      frames_left: 0,
      attempts_left: 3,
    });
    const [opened, approved] = await fixture.events(id, 2);
    expect(opened).toMatchObject({ status: 'In Progress', webhook_type: 'status.updated' });
    expect(opened).not.toHaveProperty('decision');
    expect(approved).toMatchObject({
      status: 'Approved',
      vendor_data: 'alice',
      metadata: { ref: 'r-1' },
      workflow_version: 1,
      liveness: { status: 'Approved', method: 'PASSIVE' },
      face: { status: 'Approved' },
      decision: {
        session_id: id,
        liveness_checks: [{ status: 'Approved', method: 'PASSIVE', warnings: [] }],
        face_matches: [{ status: 'Approved', warnings: [] }],
      },
    });
    const decision = approved?.decision;
    expect(decision?.face_matches?.[0]?.score).toBeGreaterThan(70);
    expect(approved?.face?.similarity_score).toBeLessThanOrEqual(1);
    const read = await fixture.api('GET', `/v3/session/${id}/decision/`);
    expect(read.json()).toEqual(decision);
  });

  it('declines somebody else, with the reason, and says only the word to the page', async () => {
    const { id, token } = await openForAlice();
    const answer = await fixture.frame(token, impostor);
    expect(answer.json()).toEqual({
      status: 'Declined',
      next: 'outcome',
      frames_left: 0,
      attempts_left: 3,
    });
    const [, declined] = await fixture.events(id, 2);
    const match = declined?.decision?.face_matches?.[0];
    expect(match?.score).toBeLessThanOrEqual(50);
    expect(match?.warnings).toMatchObject([
      { feature: 'FACEMATCH', risk: 'LOW_FACE_MATCH_SIMILARITY', log_type: 'error' },
    ]);
  });

  it('compares with the portrait of the session before the enrolled face, and forgets it', async () => {
    const portrait_image = (await drawFace(bob!, { seed: 9 })).toString('base64');
    const { id, token } = await fixture.open({ vendor_data: 'alice', portrait_image });
    expect((await fixture.frame(token, impostor)).json().status).toBe('Approved');
    const row = await fixture.db
      .selectFrom('biometrics.sessions')
      .select(['reference', 'capture_state'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ reference: null, capture_state: null });
  });

  it('tells real people apart by the production calibration', async () => {
    const [ada, bea] = await samplePeople();
    const portrait_image = (await reshoot(ada!.portrait, { seed: 1 })).toString('base64');
    const judge = async (portrait: Buffer) => {
      const { id, token } = await fixture.open({
        workflow_id: WORKFLOWS.PASSIVE.id,
        portrait_image,
      });
      await fixture.frame(token, await reshoot(portrait, { seed: 2 }));
      const [, verdict] = await fixture.events(id, 2);
      return verdict?.face?.status;
    };
    expect(await judge(ada!.portrait)).toBe('Approved');
    expect(await judge(bea!.portrait)).toBe('Declined');
  });

  it('gives advice for a picture without a face, and declines after three', async () => {
    const { id, token } = await openForAlice();
    for (const attemptsLeft of [2, 1, 0]) {
      const answer = await fixture.frame(token, nobody);
      expect(answer.statusCode).toBe(422);
      expect(answer.json()).toMatchObject({
        code: 'RGD_NO_FACE',
        detail: expect.any(String),
        attempts_left: attemptsLeft,
        next: attemptsLeft === 0 ? 'outcome' : 'frame',
      });
    }
    const closed = await fixture.frame(token, selfie);
    expect([closed.statusCode, closed.json().code]).toEqual([409, 'RGD_CAPTURE_CLOSED']);
    const [, declined] = await fixture.events(id, 2);
    expect(declined).toMatchObject({
      status: 'Declined',
      decision: {
        liveness_checks: [
          {
            status: 'Declined',
            score: null,
            warnings: [{ risk: 'NO_FACE_DETECTED', log_type: 'error' }],
          },
        ],
        face_matches: [{ status: 'Not Finished', score: null }],
      },
    });
  });

  it('leaves nothing of an upload in memory', async () => {
    const { token } = await openForAlice();
    for (const image of [nobody, selfie]) {
      const payload = Buffer.from(image);
      const headers = { 'content-type': 'image/jpeg' };
      const url = `/session/${token}/frames`;
      await fixture.app.inject({ method: 'POST', url, payload, headers });
      expect(payload.equals(Buffer.alloc(payload.length))).toBe(true);
    }
  });

  it('lets a good picture follow a bad one', async () => {
    const { token } = await openForAlice();
    expect((await fixture.frame(token, nobody)).json().attempts_left).toBe(2);
    expect((await fixture.frame(token, selfie)).json().status).toBe('Approved');
  });

  it('refuses two people in one picture', async () => {
    const { token } = await openForAlice();
    const answer = await fixture.frame(token, await twoFacesPhoto());
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'RGD_MULTIPLE_FACES']);
  });

  it('refuses what is no picture, too large, or of another type', async () => {
    const { token } = await openForAlice();
    const text = await fixture.frame(token, Buffer.from('not a picture'));
    expect([text.statusCode, text.json().code]).toEqual([422, 'RGD_NOT_AN_IMAGE']);
    const large = await fixture.frame(token, Buffer.alloc(5 * 1024 * 1024 + 1));
    expect([large.statusCode, large.json().code]).toEqual([413, 'RGD_BODY_TOO_LARGE']);
    const json = await fixture.app.inject({
      method: 'POST',
      url: `/session/${token}/frames`,
      payload: { image: 'x' },
    });
    expect([json.statusCode, json.json().code]).toEqual([415, 'RGD_UNSUPPORTED_MEDIA_TYPE']);
    const none = await fixture.app.inject({ method: 'POST', url: `/session/${token}/frames` });
    expect(none.statusCode).toBe(415);
  });

  it('reaches one verdict and one event when pictures arrive at the same moment', async () => {
    const { id, token } = await openForAlice();
    const answers = await Promise.all([
      fixture.frame(token, selfie),
      fixture.frame(token, impostor),
      fixture.frame(token, selfie),
    ]);
    const codes = answers.map(({ statusCode }) => statusCode).sort();
    expect(codes).toEqual([200, 409, 429]);
    const winner = answers.find(({ statusCode }) => statusCode === 200)!;
    const events = await fixture.events(id, 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await fixture.events(id, 2)).toHaveLength(2);
    expect(events.map(({ status }) => status)).toEqual(['In Progress', winner.json().status]);
  });

  it('sends a reference of another engine to review instead of comparing', async () => {
    const engine = { ...fixture.face, id: 'another engine' };
    const analysis = await engine.analyze(selfie);
    if (!analysis.ok) throw new Error('The drawn face was refused');
    const { embedding } = analysis;
    const sealed = sealTemplate(
      { engineId: engine.id, photos: 1, calibration: 'old', embedding },
      { key: Buffer.alloc(32, 3), context: 'biometrics.templates:old-timer' },
    );
    await fixture.db
      .insertInto('biometrics.templates')
      .values({
        id: crypto.randomUUID(),
        subject: 'old-timer',
        calibration: 'test',
        session_id: crypto.randomUUID(),
        sealed,
        created_at: new Date(),
      })
      .execute();
    const { id, token } = await fixture.open({ vendor_data: 'old-timer' });
    expect((await fixture.frame(token, selfie)).json().status).toBe('In Review');
    const [, review] = await fixture.events(id, 2);
    expect(review?.decision?.face_matches).toMatchObject([
      { score: null, status: 'In Review', warnings: [{ risk: 'FACE_MATCH_NOT_COMPUTED' }] },
    ]);
  });
});

describe('a further step of the same sign-in', () => {
  it('compares with the portrait of the first one, within the hour, and for that person only', async () => {
    const metadata = { regard_session_id: crypto.randomUUID() };
    const workflow_id = WORKFLOWS.DRAWN_ACTIVE_3D.id;
    const first = await fixture.open({
      vendor_data: 'stepper',
      metadata,
      portrait_image: selfie.toString('base64'),
    });
    await fixture.frame(first.token, impostor);

    const referenceOf = async (id: string) =>
      (
        await fixture.db
          .selectFrom('biometrics.sessions')
          .select('reference')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).reference;
    const next = await fixture.open({ workflow_id, vendor_data: 'stepper', metadata });
    expect(await referenceOf(next.id)).not.toBeNull();
    expect(await referenceOf(next.id)).not.toEqual(await referenceOf(first.id));

    const passive = await fixture.open({ vendor_data: 'stepper', metadata });
    expect((await fixture.frame(passive.token, selfie)).json().status).toBe('Approved');

    const refused = async (body: object) => {
      const wanted = { workflow_id, vendor_data: 'stepper', metadata, ...body };
      return (await fixture.api('POST', '/v3/session/', wanted)).json().code;
    };
    expect(await refused({ vendor_data: 'somebody else' })).toBe('RGD_PORTRAIT_REQUIRED');
    const other = { regard_session_id: crypto.randomUUID() };
    expect(await refused({ metadata: other })).toBe('RGD_PORTRAIT_REQUIRED');
    expect(await refused({ workflow_id: WORKFLOWS.ACTIVE_3D.id })).toBe('RGD_PORTRAIT_REQUIRED');

    fixture.advance(3601);
    await waitFor(async () => (await referenceOf(first.id)) === null, {
      timeoutMs: 10_000,
      what: 'the reference to be forgotten',
    });
  });
});
