import { drawFace, TEST_IDENTITIES, TEST_POSES } from '@regard/testkit/drawn-faces';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHALLENGE_SECONDS } from '../src/steps/start-challenge.ts';
import { WORKFLOWS } from '../src/workflows.ts';
import { createVerifierFixture, type VerifierFixture } from './verifier-fixture.ts';

const [alice, bob] = TEST_IDENTITIES;

let fixture: VerifierFixture;
beforeAll(async () => {
  fixture = await createVerifierFixture();
  const photos = await Promise.all([1, 2, 3].map((seed) => drawFace(alice!, { seed })));
  await fixture.enrol('alice', photos);
});
afterAll(() => fixture.close());

interface Challenge {
  nonce: string;
  moves: string[];
  frames: string[];
  expires_in_seconds: number;
}

const openForAlice = () =>
  fixture.open({ workflow_id: WORKFLOWS.DRAWN_ACTIVE_3D.id, vendor_data: 'alice' });
const ask = (token: string) =>
  fixture.app.inject({ method: 'POST', url: `/session/${token}/challenge` });
const challengeFor = async (token: string) => (await ask(token)).json() as Challenge;
/** A seed of its own makes each picture a new one, as a camera does. */
let pictures = 0;
const picture = (frame: string, person = alice) => {
  pictures += 1;
  return drawFace(person!, { ...TEST_POSES[frame], seed: 100 + pictures });
};
const send = (token: string, nonce: string, index: number, image: Buffer) =>
  fixture.upload(`/session/${token}/challenge/${nonce}/frames/${index}`, image);
/** Sends a picture for each frame and gives the last answer. */
async function answer(token: string, { nonce, frames }: Challenge, shown = frames, person = alice) {
  let last: Awaited<ReturnType<typeof send>> | undefined;
  for (const [index, frame] of shown.entries()) {
    last = await send(token, nonce, index, await picture(frame, person));
  }
  return last!;
}
const swapped: Record<string, string> = { frontal: 'frontal', left: 'right', right: 'left' };
const mismatch = (reply: Awaited<ReturnType<typeof send>>) => {
  expect([reply.statusCode, reply.json().code]).toEqual([409, 'RGD_CHALLENGE_MISMATCH']);
};

describe('a challenge of head turns', () => {
  it('approves the person who makes them in order', async () => {
    const { id, token } = await openForAlice();
    const challenge = await challengeFor(token);
    expect(challenge.frames).toEqual(['frontal', ...challenge.moves]);
    expect(challenge.moves.length).toBeGreaterThanOrEqual(2);
    expect(challenge.expires_in_seconds).toBeLessThanOrEqual(CHALLENGE_SECONDS);
    const first = await send(token, challenge.nonce, 0, await picture('frontal'));
    expect(first.json()).toEqual({
      status: 'In Progress',
      next: 'frame',
      frames_left: challenge.moves.length,
      attempts_left: 2,
    });
    for (const [index, move] of challenge.moves.entries()) {
      const reply = await send(token, challenge.nonce, index + 1, await picture(move));
      if (index + 1 < challenge.moves.length) expect(reply.json().next).toBe('frame');
      else expect(reply.json()).toMatchObject({ status: 'Approved', next: 'outcome' });
    }
    const [, approved] = await fixture.events(id, 2);
    expect(approved).toMatchObject({
      liveness: { method: 'ACTIVE_3D', status: 'Approved' },
      face: { status: 'Approved' },
    });
    const row = await fixture.db
      .selectFrom('biometrics.sessions')
      .select('capture_state')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.capture_state).toBeNull();
  });

  it('declines somebody else who makes them', async () => {
    const { id, token } = await openForAlice();
    const reply = await answer(token, await challengeFor(token), undefined, bob);
    expect(reply.json().status).toBe('Declined');
    const [, declined] = await fixture.events(id, 2);
    expect(declined).toMatchObject({
      liveness: { status: 'Approved' },
      face: { status: 'Declined' },
    });
  });

  it('asks for another challenge after wrong turns and declines an attack after three', async () => {
    const { id, token } = await openForAlice();
    const nonces = new Set<string>();
    for (const attemptsLeft of [2, 1, 0]) {
      const challenge = await challengeFor(token);
      nonces.add(challenge.nonce);
      const wrong = challenge.frames.map((frame) => swapped[frame] as string);
      const reply = await answer(token, challenge, wrong);
      expect(reply.statusCode).toBe(200);
      expect(reply.json()).toMatchObject(
        attemptsLeft > 0
          ? { status: 'In Progress', next: 'challenge', attempts_left: attemptsLeft }
          : { status: 'Declined', next: 'outcome' },
      );
    }
    expect(nonces.size).toBe(3);
    const [, declined] = await fixture.events(id, 2);
    expect(declined?.decision?.liveness_checks).toMatchObject([
      { status: 'Declined', warnings: [{ risk: 'LIVENESS_FACE_ATTACK', log_type: 'error' }] },
    ]);
    expect(declined?.decision?.face_matches).toMatchObject([{ status: 'Not Finished' }]);
  });

  it('does not count a frame that was sent before', async () => {
    const { token } = await openForAlice();
    const challenge = await challengeFor(token);
    const still = await picture('frontal');
    let last = await send(token, challenge.nonce, 0, still);
    for (const index of challenge.moves.keys()) {
      last = await send(token, challenge.nonce, index + 1, still);
    }
    expect(last.json()).toMatchObject({ next: 'challenge' });
  });

  it('refuses frames out of order, repeated, of another challenge, or too late', async () => {
    const { token } = await openForAlice();
    const { nonce, moves } = await challengeFor(token);
    const frontal = await picture('frontal');
    mismatch(await send(token, nonce, 1, frontal));
    mismatch(await send(token, 'another-nonce', 0, frontal));
    expect((await send(token, nonce, 0, frontal)).statusCode).toBe(200);
    mismatch(await send(token, nonce, 0, await picture('frontal')));
    fixture.advance(CHALLENGE_SECONDS + 1);
    mismatch(await send(token, nonce, 1, await picture(moves[0] as string)));
  });

  it('takes one of two frames that come for the same place at the same moment', async () => {
    const { token } = await openForAlice();
    const { nonce } = await challengeFor(token);
    const two = [await picture('frontal'), await picture('frontal')];
    const replies = await Promise.all(two.map((image) => send(token, nonce, 0, image)));
    expect(replies.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409]);
  });

  it('gives the same challenge again until it is begun, then charges for a new one', async () => {
    const { id, token } = await openForAlice();
    const first = await challengeFor(token);
    expect((await challengeFor(token)).nonce).toBe(first.nonce);
    for (let used = 1; used <= 3; used += 1) {
      const { nonce } = await challengeFor(token);
      await send(token, nonce, 0, await picture('frontal'));
    }
    const fourth = await ask(token);
    expect([fourth.statusCode, fourth.json().code]).toEqual([409, 'RGD_CAPTURE_CLOSED']);
    const [, declined] = await fixture.events(id, 2);
    expect(declined?.decision?.liveness_checks[0]?.warnings[0]?.risk).toBe('NO_FACE_DETECTED');
  });

  it('lets an unusable frame be sent again, three times', async () => {
    const { token } = await openForAlice();
    const { nonce } = await challengeFor(token);
    const noPicture = () => send(token, nonce, 0, Buffer.from('nothing to see'));
    for (let again = 1; again <= 3; again += 1) {
      const reply = await noPicture();
      expect([reply.statusCode, reply.json().next]).toEqual([422, 'frame']);
    }
    expect((await noPicture()).json()).toMatchObject({ next: 'challenge', attempts_left: 2 });
    mismatch(await send(token, nonce, 0, await picture('frontal')));
  });

  it('cannot be replaced by a single selfie, nor a selfie by a challenge', async () => {
    const active = await openForAlice();
    mismatch(await fixture.frame(active.token, await picture('frontal')));
    const passive = await fixture.open({ vendor_data: 'alice' });
    expect((await ask(passive.token)).statusCode).toBe(404);
  });
});
