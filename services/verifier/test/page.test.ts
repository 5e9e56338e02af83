import { drawFace, TEST_IDENTITIES } from '@regard/testkit/drawn-faces';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKFLOWS } from '../src/workflows.ts';
import { createVerifierFixture, type VerifierFixture } from './verifier-fixture.ts';

let fixture: VerifierFixture;
let portrait: Buffer;
beforeAll(async () => {
  fixture = await createVerifierFixture();
  portrait = await drawFace(TEST_IDENTITIES[0]!, { seed: 1 });
});
afterAll(() => fixture.close());

const open = (body: object = {}) =>
  fixture.open({ portrait_image: portrait.toString('base64'), ...body });
const get = (url: string) => fixture.app.inject(url);

describe('the capture page', () => {
  it('may run its own files and nothing else, use the camera, and be kept nowhere', async () => {
    const { token } = await open();
    const page = await get(`/en/session/${token}`);
    expect(page.statusCode).toBe(200);
    const policy = page.headers['content-security-policy'] as string;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers).toMatchObject({
      'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': expect.any(String),
    });
    expect(page.body).toMatch(/<html lang="en" dir="ltr">/);
    expect(page.body).not.toMatch(/ style="|<style| on\w+="|<script>/);
  });

  it('loads files that may be cached for ever, because their path names their content', async () => {
    const { token } = await open();
    const { body } = await get(`/en/session/${token}`);
    const files = [...body.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path]) => path!);
    expect(files.map((path) => path.split('/').at(-1)).sort()).toEqual([
      'camera.css',
      'capture.js',
      'page.css',
    ]);
    const scripts = ['api.js', 'camera.js', 'screens.js'].map((name) =>
      files[0]!.replace(/[^/]+$/, name),
    );
    for (const path of [...files, ...scripts]) {
      const file = await get(path);
      expect([path, file.statusCode]).toEqual([path, 200]);
      expect(file.headers['cache-control']).toContain('immutable');
    }
    expect((await get(files[0]!.replace(/page\/\w+/, 'page/older'))).statusCode).toBe(404);
    expect((await get('/page/x/..%2f..%2fpackage.json')).statusCode).toBe(404);
  });

  it('does not open the session by being looked at: a link preview is nobody', async () => {
    const { id, token } = await open();
    await get(`/en/session/${token}`);
    const read = async () => (await fixture.api('GET', `/v3/session/${id}/decision/`)).json();
    expect((await read()).status).toBe('Not Started');
    await fixture.app.inject({ method: 'POST', url: `/session/${token}/open` });
    expect((await read()).status).toBe('In Progress');
  });

  it('tells what is wrong with a link that takes no pictures', async () => {
    const unknown = await get('/en/session/nothing-of-ours');
    expect([unknown.statusCode, unknown.body]).toEqual([404, expect.stringContaining('not valid')]);
    expect((await get('/klingon/session/nothing-of-ours')).json().code).toBe('RGD_NOT_FOUND');

    const { id, token } = await open({ callback: 'https://app.example/back?a=1&b="2"' });
    await fixture.frame(token, portrait);
    const used = await get(`/en/session/${token}`);
    expect(used.statusCode).toBe(410);
    expect(used.body).toContain('has been used');
    expect(used.body).toContain(
      `href="https://app.example/back?a=1&amp;b=%222%22&amp;verificationSessionId=${id}`,
    );

    const late = await open();
    fixture.advance(8 * 86_400);
    expect((await get(`/en/session/${late.token}`)).body).toContain('has expired');
  });

  it('shows nothing to the page but words: no score, no threshold, no id of the person', async () => {
    const answers: string[] = [];
    const note = (answer: { body: string }) => answers.push(answer.body);
    for (const workflow_id of [WORKFLOWS.DRAWN_PASSIVE.id, WORKFLOWS.DRAWN_ACTIVE_3D.id]) {
      const { token } = await open({ workflow_id, vendor_data: 'a-person-7', metadata: { m: 7 } });
      note(await get(`/en/session/${token}`));
      note(await fixture.app.inject({ method: 'POST', url: `/session/${token}/open` }));
      note(await fixture.app.inject({ method: 'POST', url: `/session/${token}/challenge` }));
      note(await fixture.frame(token, Buffer.from('no picture')));
      note(await fixture.frame(token, portrait));
      note(await get(`/session/${token}/outcome?wait_seconds=0`));
    }
    for (const body of answers) {
      expect(body).not.toMatch(/score|similarity|threshold|liveness|vendor|a-person-7|metadata/i);
    }
    expect(answers.some((body) => body.includes('Approved'))).toBe(true);
  });
});

describe('metrics', () => {
  it('count captures and time the stages of the face engine', async () => {
    const lines = (await get('/metrics')).body.split('\n');
    const value = (...parts: string[]) =>
      Number(
        lines
          .find((line) => parts.every((part) => line.includes(part)))
          ?.split(' ')
          .at(-1),
      );
    expect(value('captures_total{', 'outcome="Approved"')).toBeGreaterThan(0);
    expect(value('captures_total{', 'reason="NOT_AN_IMAGE"')).toBeGreaterThan(0);
    expect(value('face_stage_seconds_count{', 'stage="detect"')).toBeGreaterThan(0);
    expect(value('unsent_events{')).toBeGreaterThanOrEqual(0);
    expect(value('face_workers_busy{')).toBe(0);
  });
});
