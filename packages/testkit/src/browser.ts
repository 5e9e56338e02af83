import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

/** Names under which a Chromium is looked for on PATH, in this order. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Frames in the film of the fake camera; it is played over and over. */
const FILM_FRAMES = 30;

/** The Chromium of this machine, or null when there is none. CHROMIUM_BIN names another one. */
export function findChromium(): string | null {
  if (process.env.CHROMIUM_BIN) return process.env.CHROMIUM_BIN;
  for (const program of PROGRAMS) {
    const { stdout, status } = spawnSync('which', [program], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  return null;
}

export interface PhoneBrowser {
  context: BrowserContext;
  close: () => Promise<void>;
}

export interface PhoneOptions {
  /** What the camera sees: one picture, held still. Without it there is no camera. */
  camera?: Buffer;
  width?: number;
  height?: number;
  /** Device pixels a CSS pixel. */
  scale?: number;
  colorScheme?: 'light' | 'dark';
}

/**
 * A headless Chromium of a phone's size whose front camera is a film file, as a person who has
 * allowed the camera would use it.
 */
export async function openPhone(
  program: string,
  options: PhoneOptions = {},
): Promise<PhoneBrowser> {
  const { camera, width = 390, height = 844, scale = 2, colorScheme = 'light' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'regard-browser-'));
  const film = join(folder, 'camera.mjpeg');
  if (camera) writeFileSync(film, Buffer.concat(Array(FILM_FRAMES).fill(camera)));
  const browser = await chromium.launch({
    executablePath: program,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(camera
        ? [
            '--use-fake-ui-for-media-stream',
            '--use-fake-device-for-media-stream',
            `--use-file-for-fake-video-capture=${film}`,
          ]
        : []),
    ],
  });
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme,
    ...(camera && { permissions: ['camera'] }),
  });
  return {
    context,
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
