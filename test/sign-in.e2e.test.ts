import { randomUUID } from 'node:crypto';
import { type PlayedScene, playScenes, type RunningDemo, startDemo } from '@regard/local/demo/play';
import { postVerdict, providerSessionOf, verdictBody } from '@regard/local/demo/provider-verdict';
import { SCENES } from '@regard/local/demo/scenes';
import { enrol, openSession, redeem } from '@regard/local/demo/sign-in';
import { findChromium, openPhone } from '@regard/testkit/browser';
import { openPage } from '@regard/testkit/person';
import { reshoot } from '@regard/testkit/photos';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const START_TIMEOUT_MS = 180_000;
const chromium = findChromium();

let demo: RunningDemo;
let played: PlayedScene[];
const log: string[] = [];

beforeAll(async () => {
  demo = await startDemo((line) => log.push(line));
  played = await playScenes(demo.context);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await demo?.stop();
}, 60_000);

const workflow = () => demo.context.stack.info.workflows.signIn;
const portrait = () => demo.context.people[0]?.portrait as Buffer;

/** Enrols a user of this name with the first sample person's face. */
async function enrolled(user: string): Promise<string> {
  const frames = await Promise.all([1, 2, 3].map((seed) => reshoot(portrait(), { seed })));
  await enrol(demo.context, { workflow: workflow(), user, frames });
  return user;
}

describe('the whole system', () => {
  it.each(SCENES.map(({ name }) => name))('%s', (name) => {
    const scene = played.find((candidate) => candidate.name === name);
    expect(scene).toMatchObject({ ok: true });
  });

  it('tells of each judged selfie how long every hop took', () => {
    const timelines = played.flatMap(({ timeline }) => timeline ?? []);
    expect(timelines).toHaveLength(3);
    for (const { hops, totalMs } of timelines) {
      const sum = Object.values(hops).reduce((total, ms) => total + ms, 0);
      expect(Math.abs(sum - totalMs)).toBeLessThanOrEqual(2);
      expect(hops.face).toBeGreaterThan(0);
    }
  });

  it('sent every status change in order, each signed, each once', () => {
    const { events, refused } = demo.context.app;
    expect(refused()).toBe(0);
    const bySession = new Map<string, number[]>();
    for (const { body } of events) {
      bySession.set(body.session_id, [...(bySession.get(body.session_id) ?? []), body.sequence]);
    }
    expect(bySession.size).toBeGreaterThanOrEqual(SCENES.length - 1);
    for (const sequences of bySession.values()) {
      expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    }
  });

  it('wrote every webhook to the event stream as well', async () => {
    const redis = new Redis(demo.context.stack.urls.redis);
    const length = await redis.xlen('regard:events');
    redis.disconnect();
    expect(length).toBeGreaterThanOrEqual(demo.context.app.events.length);
  });

  it('kept ids of people, keys, codes and secrets out of every log line', () => {
    const { apiKey, ingest } = demo.context.stack.info;
    const text = log.join('\n');
    expect(text).toContain('verdict.decided');
    for (const secret of ['user-ada', 'user-drawn', apiKey, ingest.secret, 'eyJ']) {
      expect(text).not.toContain(secret);
    }
  });

  it('sends a doubtful selfie on to head turns, in the same browser and the same session', async () => {
    const { context } = demo;
    const { stack, app } = context;
    const session = await openSession(context, {
      workflow: workflow(),
      user: await enrolled('user-doubtful'),
      metadata: { device_id: randomUUID(), from_ip: '203.0.113.77' },
    });
    const person = await openPage(session.url);
    // A provider that is not sure: its verdict is signed like any other.
    const providerSession = await providerSessionOf(context, session.session_id);
    const doubtful = {
      ...verdictBody(providerSession, session.session_id),
      face: { status: 'In Review', similarity_score: 0.6 },
    };
    const now = Math.floor(Date.now() / 1000);
    await postVerdict(context, doubtful, stack.info.ingest.secret, now);
    await app.told(session.session_id, 'Resubmitted');
    const next = await person.followBack();
    expect(next.origin).toBe(stack.urls.verifier);
    const challenge = await (await openPage(next.href)).startChallenge();
    expect(challenge.moves.length).toBeGreaterThanOrEqual(2);
    const decision = await app.decision(session.session_id);
    expect(decision).toMatchObject({ status: 'Resubmitted', method: 'ACTIVE_3D' });
  });
});

describe('the hosted page in a real browser', () => {
  it.skipIf(chromium === null)('signs a person in by the camera (needs Chromium)', async () => {
    const { context } = demo;
    const user = await enrolled('user-browser');
    const metadata = { device_id: randomUUID(), from_ip: '203.0.113.7' };
    const session = await openSession(context, { workflow: workflow(), user, metadata });
    const camera = await reshoot(portrait(), { seed: 77 });
    const phone = await openPhone(chromium as string, { camera });
    try {
      const page = await phone.context.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      await page.goto(session.url);
      await page.locator('#start').click();
      await page.locator('#shutter:enabled').click();
      await page.waitForURL(`${context.app.callbackUrl}**`);
      const returned = new URL(page.url());
      expect(returned.searchParams.get('status')).toBe('Approved');
      const token = await redeem(context, returned.searchParams.get('code'));
      expect(token.sub).toBe(user);
      expect(faults).toEqual([]);
      // The link has done its work.
      await page.goto(session.url);
      expect(await page.locator('h1').textContent()).not.toBe('');
      expect(await page.locator('#start').count()).toBe(0);
    } finally {
      await phone.close();
    }
  });

  it.skipIf(chromium === null)(
    'takes a photo file where there is no camera (needs Chromium)',
    async () => {
      const { context } = demo;
      const session = await openSession(context, {
        workflow: workflow(),
        user: 'user-ada',
        metadata: { device_id: randomUUID(), from_ip: '203.0.113.8' },
      });
      const phone = await openPhone(chromium as string);
      try {
        const page = await phone.context.newPage();
        await page.goto(session.url);
        await page.locator('#start').click();
        const buffer = await reshoot(portrait(), { seed: 78 });
        await page
          .locator('#file')
          .setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer });
        await page.waitForURL(`${context.app.callbackUrl}**`);
        expect(new URL(page.url()).searchParams.get('status')).toBe('Approved');
      } finally {
        await phone.close();
      }
    },
  );
});
