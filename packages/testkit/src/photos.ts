import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { generator } from './generator.ts';

/** A real person out of a photo that an installed package brings along. */
export interface SamplePerson {
  name: string;
  /** JPEG of this person alone. */
  portrait: Buffer;
}

interface Crop {
  /** Below the package's folder of photos. */
  photo: string;
  /** Middle of the face and side of its box, in pixels of the photo. */
  x: number;
  y: number;
  side: number;
}

/** Faces of three people, found once by the engine. Nobody's name is known; these are for tests. */
const PEOPLE: readonly (Crop & { name: string })[] = [
  { name: 'ada', photo: 'sample1.jpg', x: 514, y: 502, side: 187 },
  { name: 'bea', photo: 'sample6.jpg', x: 776, y: 495, side: 242 },
  { name: 'cleo', photo: 'sample3.jpg', x: 1190, y: 382, side: 247 },
];

/** Two faces of about one size beside each other. */
const TWO_FACES: Crop = { photo: 'sample6.jpg', x: 1428, y: 452, side: 330 };

/** A portrait shows this many face sides around the face. */
const PORTRAIT_SCALE = 2.1;
const PORTRAIT_SIDE = 640;

/** People with one photo each, cut out of group photos at run time. */
export function samplePeople(): Promise<SamplePerson[]> {
  return Promise.all(
    PEOPLE.map(async ({ name, ...crop }) => ({ name, portrait: await cut(crop) })),
  );
}

export function twoFacesPhoto(): Promise<Buffer> {
  return cut(TWO_FACES);
}

/** An empty room: a wall, a window and a table. */
export function noFacePhoto(): Promise<Buffer> {
  const room = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="640">
    <rect width="480" height="640" fill="#c9c2b4"/>
    <rect x="60" y="80" width="150" height="220" fill="#9fc3dd" stroke="#f4f1ea" stroke-width="12"/>
    <rect y="470" width="480" height="170" fill="#7a5a3c"/>
    <rect x="300" y="380" width="70" height="90" fill="#3f6f58"/>
  </svg>`;
  return sharp(Buffer.from(room)).blur(1.5).jpeg({ quality: 85 }).toBuffer();
}

/**
 * A second capture of a photo, as a phone would take one a day later: framed, turned, lit and
 * compressed differently.
 *
 * @param seed another one gives another capture, the same one the same bytes
 */
export async function reshoot(jpeg: Buffer, { seed }: { seed: number }): Promise<Buffer> {
  const random = generator(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const turned = await sharp(jpeg)
    .rotate(between(-5, 5), { background: '#8a8f94' })
    .resize(PORTRAIT_SIDE, PORTRAIT_SIDE, { fit: 'cover' })
    .jpeg({ quality: 96 })
    .toBuffer();
  const width = Math.round(between(440, 500));
  const left = Math.round(between(0.35, 0.65) * (PORTRAIT_SIDE - width));
  const top = Math.round(between(0, 24));
  return sharp(turned)
    .extract({ left, top, width, height: PORTRAIT_SIDE - 24 })
    .resize(480, 640, { fit: 'cover' })
    .linear(between(0.85, 1.15), between(-10, 10))
    .modulate({ saturation: between(0.85, 1.15) })
    .blur(between(0.3, 0.8))
    .jpeg({ quality: Math.round(between(78, 92)) })
    .toBuffer();
}

function cut({ photo, x, y, side }: Crop): Promise<Buffer> {
  const extent = Math.round(side * PORTRAIT_SCALE);
  return sharp(pathOf(photo))
    .extract({
      left: Math.round(x - extent / 2),
      top: Math.round(y - extent / 2),
      width: extent,
      height: extent,
    })
    .resize(PORTRAIT_SIDE, PORTRAIT_SIDE)
    .jpeg({ quality: 95 })
    .toBuffer();
}

function pathOf(photo: string): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('@vladmandic/face-api/package.json');
  return join(dirname(manifest), 'demo', photo);
}
