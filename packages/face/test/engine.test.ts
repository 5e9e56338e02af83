import { noFacePhoto, reshoot, samplePeople, twoFacesPhoto } from '@regard/testkit/photos';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AnalysedFace,
  averageEmbeddings,
  createFaceEngine,
  type FaceEngine,
  fusedScore,
  productionCalibration,
  scoreOf,
} from '../src/index.ts';

let engine: FaceEngine;
let portraits: Buffer[];
let template: Float32Array;

async function faceOf(image: Buffer): Promise<AnalysedFace> {
  const analysis = await engine.analyze(image);
  if (!analysis.ok) throw new Error(analysis.reason);
  return analysis;
}

const against = (face: AnalysedFace) =>
  scoreOf(fusedScore(template, face.embedding), productionCalibration, { photos: 3 });

beforeAll(async () => {
  engine = await createFaceEngine();
  portraits = (await samplePeople()).map(({ portrait }) => portrait);
  const frames = await Promise.all([1, 2, 3].map((seed) => reshoot(portraits[0]!, { seed })));
  const faces = await Promise.all(frames.map(faceOf));
  template = averageEmbeddings(faces.map(({ embedding }) => embedding));
}, 60_000);

describe('the engine', () => {
  it('knows a person again in another capture', async () => {
    for (const seed of [11, 12]) {
      const face = await faceOf(await reshoot(portraits[0]!, { seed }));
      expect(against(face)).toBeGreaterThan(80);
      expect(face.embedding).toHaveLength(1152);
      expect(fusedScore(face.embedding, face.embedding)).toBeCloseTo(1, 4);
      expect(face.liveness.score).toBeGreaterThan(50);
    }
  });

  it('tells other people apart', async () => {
    for (const portrait of portraits.slice(1)) {
      expect(against(await faceOf(await reshoot(portrait, { seed: 5 })))).toBeLessThan(50);
    }
  });

  it('sees the same face whatever way the phone was held', async () => {
    const upright = await reshoot(portraits[0]!, { seed: 3 });
    const sideways = await sharp(upright).rotate(90).withMetadata({ orientation: 8 }).toBuffer();
    const [one, other] = [await faceOf(upright), await faceOf(sideways)];
    expect(fusedScore(one.embedding, other.embedding)).toBeGreaterThan(0.97);
    expect(other.image).toEqual(one.image);
  });

  it('reads PNG, WebP, grey, transparent and CMYK pictures alike', async () => {
    const photo = sharp(await reshoot(portraits[0]!, { seed: 4 }));
    for (const image of [
      await photo.clone().png().toBuffer(),
      await photo.clone().webp({ quality: 90 }).toBuffer(),
      await photo.clone().ensureAlpha().png().toBuffer(),
      await photo.clone().toColourspace('cmyk').jpeg().toBuffer(),
      await photo.clone().grayscale().jpeg().toBuffer(),
      await photo.clone().toColourspace('rgb16').png().toBuffer(),
    ]) {
      expect(against(await faceOf(image))).toBeGreaterThan(70);
    }
  });

  it('measures what the person can mend', async () => {
    const { quality, pose } = await faceOf(await reshoot(portraits[2]!, { seed: 6 }));
    expect(quality.faceSizePx).toBeGreaterThan(100);
    expect(quality.luminance).toBeGreaterThan(10);
    expect(Math.abs(pose.rollDegrees)).toBeLessThan(25);
    const darker = await sharp(await reshoot(portraits[2]!, { seed: 6 }))
      .linear(0.5, 0)
      .jpeg()
      .toBuffer();
    expect((await faceOf(darker)).quality.luminance).toBeLessThan(quality.luminance);
  });

  it('leaves the bytes it was given as they are and names itself the same each time', async () => {
    const image = await reshoot(portraits[0]!, { seed: 8 });
    const before = Buffer.from(image);
    await engine.analyze(image);
    expect(image.equals(before)).toBe(true);
    expect((await createFaceEngine()).id).toBe(engine.id);
    expect(engine.id).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the engine refuses', () => {
  const photo = (seed: number) => reshoot(portraits[0]!, { seed });
  const flat = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#888' } });

  it.each([
    ['no face', 'NO_FACE', () => noFacePhoto()],
    ['two faces', 'MULTIPLE_FACES', () => twoFacesPhoto()],
    ['text', 'NOT_AN_IMAGE', async () => Buffer.from('hello, I am a selfie')],
    ['nothing', 'NOT_AN_IMAGE', async () => Buffer.alloc(0)],
    ['a cut file', 'NOT_AN_IMAGE', async () => (await photo(1)).subarray(0, 3000)],
    ['SVG', 'NOT_AN_IMAGE', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['GIF', 'NOT_AN_IMAGE', async () => flat(64, 64).gif().toBuffer()],
    ['a bomb of pixels', 'IMAGE_TOO_LARGE', () => flat(7000, 7000).png().toBuffer()],
    ['one pixel', 'NO_FACE', () => flat(1, 1).png().toBuffer()],
    [
      'a far-away face',
      'FACE_TOO_SMALL',
      async () =>
        flat(640, 640)
          .composite([
            {
              input: await sharp(await photo(2))
                .resize(66, 88)
                .toBuffer(),
            },
          ])
          .jpeg()
          .toBuffer(),
    ],
    [
      'the dark',
      'TOO_DARK',
      async () =>
        sharp(await photo(2))
          .linear(0.12, 0)
          .jpeg()
          .toBuffer(),
    ],
  ])('%s: %s', async (_what, reason, make) => {
    const analysis = await engine.analyze(await make());
    expect(analysis).toMatchObject({ ok: false, reason });
    if (!analysis.ok) expect(analysis.detail).toMatch(/^[A-Z].*\.$/);
  });

  it('mutated files without falling over', async () => {
    const image = await photo(9);
    for (let round = 0; round < 25; round++) {
      const mutated = Buffer.from(image);
      for (let k = 0; k < 40; k++) mutated[(round * 7919 + k * 104_729) % mutated.length]! ^= 0xff;
      const analysis = await engine.analyze(mutated);
      expect(typeof analysis.ok).toBe('boolean');
    }
  });
});
