import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@regard/contract';
import {
  type DrawnIdentity,
  drawFace,
  TEST_IDENTITIES,
  TEST_POSES,
} from '@regard/testkit/drawn-faces';
import { openPage } from '@regard/testkit/person';
import { noFacePhoto, reshoot, twoFacesPhoto } from '@regard/testkit/photos';
import { waitFor } from '@regard/testkit/wait-for';
import {
  countAfterRepeats,
  postVerdict,
  providerSessionOf,
  verdictBody,
} from './provider-verdict.ts';
import { expectEqual, type Scene, type SceneContext } from './scene.ts';
import { enrol, HOME, openSession, redeem, signIn } from './sign-in.ts';

const ADA = 'user-ada';
const DRAWN = 'user-drawn';
const TOR_EXIT = '198.51.100.7';

/** The scenes build on one another: the first enrols the person whom the others sign in. */
export const SCENES: readonly Scene[] = [
  {
    name: 'Enrolment: three frames of a person become a sealed template',
    play: async (context) => {
      const portrait = portraitOf(context, 0);
      const frames = await Promise.all([1, 2, 3].map((seed) => reshoot(portrait, { seed })));
      const workflow = context.stack.info.workflows.signIn;
      const session = await enrol(context, { workflow, user: ADA, frames });
      return {
        facts: [`session ${session.session_number}: Approved, and no code: it proves nothing yet`],
      };
    },
  },
  {
    name: 'New device: PASSIVE, Approved, token',
    play: async (context) => {
      const session = await openAda(context, HOME);
      expectEqual('the method', session.method, 'PASSIVE');
      const selfie = await reshoot(portraitOf(context, 0), { seed: 11 });
      const { returned, timeline } = await signIn(
        context,
        session,
        (person) => person.sendFrame(selfie),
        'Approved',
      );
      const token = await redeem(context, returned.searchParams.get('code'));
      expectEqual('the subject of the token', token.sub, ADA);
      const again = await context.app.redeem(returned.searchParams.get('code') ?? '');
      expectEqual('redeeming the code a second time', again.status, 400);
      return {
        facts: [
          `entry rule: ${session.entry_reason}`,
          `token checked by JWKS: sub ${token.sub}, ${token.acr}`,
          `the same code again: ${again.status} ${again.body.code}, and its tokens end`,
        ],
        timeline,
      };
    },
  },
  {
    name: 'Known device and address: skipped',
    play: async (context) => {
      const started = performance.now();
      const session = await openAda(context, HOME);
      const milliseconds = Math.round(performance.now() - started);
      expectEqual('the method', session.method, 'SKIP');
      expectEqual('the status', session.status, 'Approved');
      const token = await redeem(context, session.code);
      await context.app.told(session.session_id, 'Approved');
      return {
        facts: [
          `entry rule: ${session.entry_reason}, Approved in the answer after ${milliseconds} ms`,
          `token: ${token.acr}, no face claimed`,
        ],
      };
    },
  },
  {
    name: "Someone else's face: Declined",
    play: async (context) => {
      const session = await openAda(context, { device_id: 'phone-2', from_ip: '203.0.113.50' });
      const stranger = await reshoot(portraitOf(context, 1), { seed: 21 });
      const { returned, timeline } = await signIn(
        context,
        session,
        (person) => person.sendFrame(stranger),
        'Declined',
      );
      expectEqual('a code in the callback', returned.searchParams.get('code'), null);
      const { face } = (await context.app.decision(session.session_id)) as { face?: JsonObject };
      return { facts: [`similarity ${face?.similarity_score}, no code`], timeline };
    },
  },
  {
    name: 'No face, then two faces: refused with the reason',
    play: async (context) => {
      const session = await openAda(context, { device_id: 'phone-3', from_ip: '203.0.113.51' });
      const person = await openPage(session.url);
      const none = await person.sendFrame(await noFacePhoto());
      expectEqual('the code for no face', none.body.code, 'RGD_NO_FACE');
      const two = await person.sendFrame(await twoFacesPhoto());
      expectEqual('the code for two faces', two.body.code, 'RGD_MULTIPLE_FACES');
      const { status } = await context.app.decision(session.session_id);
      expectEqual('the status', status, 'In Progress');
      return {
        facts: [none, two].map(({ status: code, body }) => `${code} ${body.code}: ${body.detail}`),
      };
    },
  },
  {
    name: 'Tor exit and new device: ACTIVE_3D, Approved (drawn faces, their own calibration)',
    play: async (context) => {
      const workflow = context.stack.info.workflows.drawn;
      const identity = TEST_IDENTITIES[0];
      if (identity === undefined) throw new Error('There is no drawn identity');
      const frames = await Promise.all([1, 2, 3].map((seed) => drawFace(identity, { seed })));
      await enrol(context, { workflow, user: DRAWN, frames });
      const metadata = { device_id: 'laptop-1', from_ip: TOR_EXIT };
      const session = await openSession(context, { workflow, user: DRAWN, metadata });
      expectEqual('the method', session.method, 'ACTIVE_3D');
      let moves: string[] = [];
      const { returned, timeline } = await signIn(
        context,
        session,
        async (person) => {
          const challenge = await person.startChallenge();
          moves = challenge.moves;
          return person.answerChallenge(challenge, (move, index) =>
            drawMove(identity, move, index),
          );
        },
        'Approved',
      );
      const token = await redeem(context, returned.searchParams.get('code'));
      return {
        facts: [
          `entry rule: ${session.entry_reason}`,
          `moves asked: ${moves.join(', ')}`,
          `token: ${token.acr}`,
        ],
        timeline,
      };
    },
  },
  {
    name: 'A forged and a stale webhook: 401',
    play: async (context) => {
      const { secret } = context.stack.info.ingest;
      const now = Math.floor(Date.now() / 1000);
      const forged = await postVerdict(
        context,
        verdictBody(randomUUID(), randomUUID()),
        'not-it',
        now,
      );
      expectEqual('the forged one', `${forged.status} ${forged.code}`, '401 RGD_BAD_SIGNATURE');
      const old = verdictBody(randomUUID(), randomUUID());
      const stale = await postVerdict(context, old, secret, now - 301);
      expectEqual('the stale one', `${stale.status} ${stale.code}`, '401 RGD_STALE_TIMESTAMP');
      return { facts: [forged, stale].map(({ status, code }) => `${status} ${code}`) };
    },
  },
  {
    name: 'The same verdict twice: one decision, one usage row',
    play: async (context) => {
      const session = await openAda(context, { device_id: 'phone-4', from_ip: '203.0.113.52' });
      const id = session.session_id;
      const body = verdictBody(await providerSessionOf(context, id), id);
      const { secret } = context.stack.info.ingest;
      const now = Math.floor(Date.now() / 1000);
      const first = await postVerdict(context, body, secret, now);
      await context.app.told(id, 'Approved');
      const second = await postVerdict(context, { ...body, event_id: randomUUID() }, secret, now);
      const third = await postVerdict(context, body, secret, now);
      const counts = await waitFor(() => countAfterRepeats(context, id), {
        what: 'the repeated verdict',
      });
      expectEqual('events of the session', counts.decisions, 1);
      expectEqual('usage rows', counts.usage, 1);
      return {
        facts: [
          `webhook-ingest answered ${first.status}, ${second.status}, ${third.status}`,
          `decisions ${counts.decisions}, usage rows ${counts.usage}, kept as ignored: ${counts.ignored}`,
        ],
      };
    },
  },
];

function openAda(context: SceneContext, metadata: JsonObject) {
  const workflow = context.stack.info.workflows.signIn;
  return openSession(context, { workflow, user: ADA, metadata });
}

function portraitOf({ people }: SceneContext, index: number): Buffer {
  const person = people[index];
  if (person === undefined) throw new Error('Too few people in the photos of the packages');
  return person.portrait;
}

function drawMove(identity: DrawnIdentity, move: string, index: number): Promise<Buffer> {
  const pose = TEST_POSES[move];
  if (pose === undefined) throw new Error(`Nobody drew the move "${move}"`);
  return drawFace(identity, { ...pose, seed: 40 + index });
}
