/**
 * Takes the pictures of the hosted page that the README shows, from the running system. The person
 * in front of the camera is drawn.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, openPhone, type PhoneOptions } from '@regard/testkit/browser';
import { drawFace, TEST_IDENTITIES } from '@regard/testkit/drawn-faces';
import { noFacePhoto } from '@regard/testkit/photos';
import type { Page } from 'playwright-core';
import { withDemoStack } from './demo/play.ts';
import type { SceneContext } from './demo/scene.ts';
import { enrol, openSession } from './demo/sign-in.ts';
import { isServiceLine } from './log-line.ts';

const FOLDER = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const USER = 'user-on-the-picture';

const chromium = findChromium();
if (chromium === null) {
  process.stderr.write('No Chromium was found; install it or set CHROMIUM_BIN.\n');
  process.exit(69);
}
mkdirSync(FOLDER, { recursive: true });
await withDemoStack(
  (line) => {
    if (!isServiceLine(line)) process.stderr.write(`${line}\n`);
  },
  (context) => takeAll(context, chromium),
);

async function takeAll(context: SceneContext, program: string): Promise<void> {
  const [person, stranger] = TEST_IDENTITIES;
  if (person === undefined || stranger === undefined) throw new Error('Too few drawn people');
  const workflow = context.stack.info.workflows.drawn;
  const frames = await Promise.all([1, 2, 3].map((seed) => drawFace(person, { seed })));
  await enrol(context, { workflow, user: USER, frames });
  const shot = async (name: string, options: PhoneOptions, use: (page: Page) => Promise<void>) => {
    const metadata = { device_id: randomUUID(), from_ip: '203.0.113.9' };
    const session = await openSession(context, { workflow, user: USER, metadata });
    const phone = await openPhone(program, { scale: 1.25, ...options });
    const page = await phone.context.newPage();
    await page.goto(session.url);
    await use(page);
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
    await phone.close();
    process.stdout.write(`${name}.png\n`);
  };
  const camera = await drawFace(person, { seed: 8 });
  const toCamera = async (page: Page) => {
    await page.locator('#start').click();
    await page.locator('#shutter:enabled').waitFor();
    await page.waitForTimeout(500);
  };
  const settled = (page: Page) => page.waitForTimeout(400);
  await shot('page-intro', { camera }, settled);
  await shot('page-intro-dark', { camera, colorScheme: 'dark' }, settled);
  await shot('page-desktop', { camera, width: 1200, height: 800 }, settled);
  await shot('page-camera', { camera }, toCamera);
  await shot('page-no-face', { camera: await noFacePhoto() }, async (page) => {
    await toCamera(page);
    await page.locator('#shutter').click();
    await page.locator('#advice:not([hidden])').waitFor();
    await settled(page);
  });
  await shot('page-no-camera', {}, async (page) => {
    await page.locator('#start').click();
    await page.locator('#upload:not([hidden])').waitFor();
  });
  await shot('page-approved', { camera }, async (page) => {
    await toCamera(page);
    await page.locator('#shutter').click();
    await page.locator('#result:not([hidden])').waitFor();
    await settled(page);
  });
  await shot('page-declined', { camera: await drawFace(stranger, { seed: 9 }) }, async (page) => {
    await toCamera(page);
    await page.locator('#shutter').click();
    await page.locator('#result:not([hidden])').waitFor();
    await settled(page);
  });
}
