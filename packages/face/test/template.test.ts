import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averageEmbeddings,
  EMBEDDING_NUMBERS,
  fusedScore,
  openTemplate,
  parseCalibration,
  productionCalibration,
  scoreOf,
  sealTemplate,
} from '../src/index.ts';

const engineId = 'ab'.repeat(32);
const key = randomBytes(32);

function embeddingOf(seed: number): Float32Array {
  const raw = Float32Array.from({ length: EMBEDDING_NUMBERS }, (_, i) =>
    Math.sin(seed * 37 + i * 1.7),
  );
  return averageEmbeddings([raw]);
}

const template = { engineId, photos: 3, calibration: 'test', embedding: embeddingOf(1) };
const sealed = sealTemplate(template, { key, context: 'app/ada' });

describe('a sealed template', () => {
  it('opens for its engine, its key and its owner', () => {
    const opened = openTemplate(sealed, { key, context: 'app/ada', engineId });
    expect(opened).toEqual({ ok: true, template });
  });

  it('is never the same twice and shows nothing of its content', () => {
    const again = sealTemplate(template, { key, context: 'app/ada' });
    expect(again.equals(sealed)).toBe(false);
    expect(sealed.includes(engineId)).toBe(false);
    expect(sealed.includes(Buffer.from(template.embedding.buffer).subarray(0, 16))).toBe(false);
  });

  it.each([
    ['another key', { key: randomBytes(32), context: 'app/ada', engineId }, 'UNREADABLE'],
    ['another owner', { key, context: 'app/bob', engineId }, 'UNREADABLE'],
    ['another engine', { key, context: 'app/ada', engineId: 'cd'.repeat(32) }, 'ENGINE_CHANGED'],
  ])('does not open for %s', (_what, how, reason) => {
    expect(openTemplate(sealed, how)).toEqual({ ok: false, reason });
  });

  it('does not open after any byte was changed or cut', () => {
    const how = { key, context: 'app/ada', engineId };
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(sealed);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(openTemplate(changed, how)).toEqual({ ok: false, reason: 'UNREADABLE' });
        expect(openTemplate(sealed.subarray(0, at), how).ok).toBe(false);
      }),
    );
  });
});

describe('averaged embeddings', () => {
  it('lie between those they are made of and keep their length', () => {
    const [a, b] = [embeddingOf(1), embeddingOf(2)];
    const middle = averageEmbeddings([a, b]);
    expect(fusedScore(middle, middle)).toBeCloseTo(1, 4);
    expect(fusedScore(middle, a)).toBeGreaterThan(fusedScore(a, b));
    expect(() => averageEmbeddings([])).toThrow(RangeError);
    expect(() => averageEmbeddings([a, a, a, a])).toThrow(RangeError);
    expect(() => fusedScore(a, new Float32Array(3))).toThrow(RangeError);
  });
});

describe('the scale', () => {
  it.each([
    [0.5, 0],
    [0.63, 0],
    [0.805, 50],
    [0.82, 60],
    [0.835, 70],
    [0.859, 85],
    [0.95, 100],
    [1, 100],
  ])('one photo: %s is %s', (fused, score) => {
    expect(scoreOf(fused, productionCalibration, { photos: 1 })).toBeCloseTo(score, 6);
  });

  it('asks more of a reference that is averaged over three photos', () => {
    expect(scoreOf(0.847, productionCalibration, { photos: 3 })).toBeCloseTo(70, 6);
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (fused) => {
        const one = scoreOf(fused, productionCalibration, { photos: 1 });
        const three = scoreOf(fused, productionCalibration, { photos: 3 });
        expect(three).toBeLessThanOrEqual(one);
      }),
    );
  });

  it('only ever rises', () => {
    const similarity = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(similarity, similarity, (a, b) => {
        const of = (fused: number) => scoreOf(fused, productionCalibration, { photos: 1 });
        expect(of(Math.max(a, b))).toBeGreaterThanOrEqual(of(Math.min(a, b)));
      }),
    );
  });

  it.each([
    ['nothing', null],
    ['no name', { production: true, knots: {} }],
    [
      'knots that fall',
      {
        ...productionCalibration,
        knots: {
          single: [
            [0.8, 50],
            [0.7, 60],
          ],
        },
      },
    ],
    ['one knot', { ...productionCalibration, knots: { single: [[0.8, 50]] } }],
    [
      'a score over 100',
      {
        ...productionCalibration,
        knots: {
          single: [
            [0, 0],
            [1, 101],
          ],
        },
      },
    ],
  ])('is not read from %s', (_what, json) => {
    expect(() => parseCalibration(json)).toThrow(TypeError);
  });
});
