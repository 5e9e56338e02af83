import { findChromium, openPhone, type PhoneBrowser } from '@regard/testkit/browser';
import { drawFace, TEST_IDENTITIES } from '@regard/testkit/drawn-faces';
import { noFacePhoto } from '@regard/testkit/photos';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WORKFLOWS } from '../src/workflows.ts';
import { posingCamera } from './posing-camera.ts';
import { createVerifierFixture, type VerifierFixture } from './verifier-fixture.ts';

const chromium = findChromium();
const alice = TEST_IDENTITIES[0]!;
let fixture: VerifierFixture;
let origin: string;
let phone: PhoneBrowser;
beforeAll(async () => {
  if (chromium === null) return;
  fixture = await createVerifierFixture();
  origin = await fixture.app.listen({ host: '127.0.0.1', port: 0 });
  const photos = await Promise.all([1, 2, 3].map((seed) => drawFace(alice, { seed })));
  await fixture.enrol('alice', photos);
});
afterEach(() => phone?.close());
afterAll(() => fixture?.close());

/** Opens a session's page on a phone whose camera shows the picture. */
async function openPage(camera: Buffer, workflow_id: string, subject: string) {
  phone = await openPhone(chromium as string, { camera });
  const session = await fixture.open({ workflow_id, vendor_data: subject, callback: undefined });
  const page = await phone.context.newPage();
  return {
    page,
    id: session.id,
    go: () => page.goto(origin + new URL(session.url).pathname),
  };
}
const statusOf = async (id: string) =>
  (await fixture.api('GET', `/v3/session/${id}/decision/`)).json().status;
const waitForResult = (page: Page) => page.locator('#result:not([hidden])').waitFor();

describe.skipIf(chromium === null)('the page in a browser (needs Chromium)', () => {
  it('enrols by three pictures after one tap', async () => {
    const camera = await drawFace(alice, { seed: 1 });
    const { page, id, go } = await openPage(camera, WORKFLOWS.DRAWN_ENROLMENT.id, 'browser-1');
    await page.addInitScript({ content: await posingCamera(alice) });
    await go();
    await page.locator('#start').click();
    await page.locator('#shutter:enabled').click();
    await page.locator('#prompt', { hasText: 'Picture 3 of 3' }).waitFor();
    await expect.poll(() => statusOf(id), { timeout: 10_000 }).toBe('Approved');
    await fixture.announce(id, 'Approved');
    await waitForResult(page);
    expect(await page.locator('#result-heading').textContent()).toBe('All set');
  });

  it('gives advice and another try when there is no face', async () => {
    const camera = await noFacePhoto();
    const { page, id, go } = await openPage(camera, WORKFLOWS.DRAWN_PASSIVE.id, 'alice');
    await go();
    await page.locator('#start').click();
    for (const tries of ['2 tries left.', 'One more try.']) {
      await page.locator('#shutter:enabled').click();
      await page.locator('#advice', { hasText: tries }).waitFor();
    }
    await page.locator('#shutter:enabled').click();
    // Nobody decides in this test: the page waits for the decision, the verifier has finished.
    await expect.poll(() => statusOf(id)).toBe('Declined');
  });

  it('leads through the head turns by arrows', { timeout: 60_000 }, async () => {
    const camera = await drawFace(alice, { seed: 1 });
    const { page, id, go } = await openPage(camera, WORKFLOWS.DRAWN_ACTIVE_3D.id, 'alice');
    await page.addInitScript({ content: await posingCamera(alice) });
    await go();
    await page.locator('#start').click();
    await page.locator('#shutter:enabled').click();
    await expect.poll(() => page.locator('#prompt').textContent()).toBe('Look straight ahead');
    await expect.poll(() => statusOf(id), { timeout: 30_000 }).toBe('Approved');
    await fixture.announce(id, 'Approved');
    await waitForResult(page);
    expect(await page.locator('#result-heading').textContent()).toBe('It’s you');
    expect(await page.locator('#result-text').textContent()).toContain('close this page');
  });
});
