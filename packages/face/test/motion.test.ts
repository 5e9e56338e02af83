import drawnCalibration from '@regard/testkit/drawn-calibration.json' with { type: 'json' };
import {
  type DrawnIdentity,
  drawFace,
  TEST_IDENTITIES,
  TEST_POSES,
} from '@regard/testkit/drawn-faces';
import { reshoot, samplePeople } from '@regard/testkit/photos';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AnalysedFace,
  createFaceEngine,
  createMotionPlan,
  type FaceEngine,
  judgeMotion,
  type Move,
  parseCalibration,
  productionCalibration,
} from '../src/index.ts';
import { turnedPicture } from './turned-picture.ts';

const calibration = parseCalibration(drawnCalibration);
const [alice, bob] = TEST_IDENTITIES as [DrawnIdentity, DrawnIdentity];

let engine: FaceEngine;
let frontal: AnalysedFace;

async function faceOf(image: Buffer): Promise<AnalysedFace> {
  const analysis = await engine.analyze(image);
  if (!analysis.ok) throw new Error(analysis.reason);
  return analysis;
}

let seed = 100;
const turned = async (who: DrawnIdentity, move: string) => {
  seed += 1;
  return faceOf(await drawFace(who, { ...TEST_POSES[move], seed }));
};

beforeAll(async () => {
  engine = await createFaceEngine();
  frontal = await turned(alice, 'frontal');
}, 60_000);

const judge = (plan: Move[], frames: { move: Move; analysis: AnalysedFace }[]) =>
  judgeMotion({ frontal, frames, plan, calibration });

describe('a motion plan', () => {
  it('is 2 or 3 moves, never one twice in a row, and draws on the randomness it is given', () => {
    const plans = new Set<string>();
    for (let draw = 0; draw < 8; draw++) {
      let bit = 0;
      const plan = createMotionPlan((below) => (draw >> bit++) % below, 3);
      for (const [index, move] of plan.entries()) expect(move).not.toBe(plan[index - 1]);
      plans.add(plan.join());
    }
    expect(plans.size).toBeGreaterThan(1);
    expect(() => createMotionPlan(() => 0, 4)).toThrow(RangeError);
  });
});

describe('head turns', () => {
  it('pass when a head makes them in order', async () => {
    const frames = [
      { move: 'left' as const, analysis: await turned(alice, 'left') },
      { move: 'right' as const, analysis: await turned(alice, 'right') },
    ];
    const judgement = judge(['left', 'right'], frames);
    expect(judgement).toMatchObject({ passed: true, reasons: [] });
    expect(judgement.score).toBeGreaterThan(50);
  });

  it.each([
    ['the other way round', 'right', 'left', 'WRONG_DIRECTION'],
    ['not at all', 'frontal', 'frontal', 'NOT_TURNED'],
  ])('fail when they are made %s', async (_how, first, second, reason) => {
    const judgement = judge(
      ['left', 'right'],
      [
        { move: 'left', analysis: await turned(alice, first) },
        { move: 'right', analysis: await turned(alice, second) },
      ],
    );
    expect(judgement.passed).toBe(false);
    expect(judgement.reasons).toContain(reason);
    expect(judgement.score).toBeLessThanOrEqual(5);
  });

  it('fail when frames come in another order than asked', async () => {
    const frames = [
      { move: 'right' as const, analysis: await turned(alice, 'right') },
      { move: 'left' as const, analysis: await turned(alice, 'left') },
    ];
    expect(judge(['left', 'right'], frames).reasons).toContain('WRONG_ORDER');
  });

  it('fail when a frame is sent twice', async () => {
    const analysis = await turned(alice, 'left');
    const right = { move: 'right' as const, analysis: await turned(alice, 'right') };
    const frames = [
      { move: 'left' as const, analysis },
      right,
      { move: 'left' as const, analysis },
    ];
    expect(judge(['left', 'right', 'left'], frames).reasons).toContain('REPEATED_FRAME');
  });

  it('fail when somebody else goes on', async () => {
    const frames = [
      { move: 'left' as const, analysis: await turned(alice, 'left') },
      { move: 'right' as const, analysis: await turned(bob, 'right') },
    ];
    expect(judge(['left', 'right'], frames).reasons).toContain('DIFFERENT_PERSON');
  });

  it.each([
    ['shifted', () => drawFace(alice, { yaw: 0, shiftX: 60, seed: 301 })],
    ['tilted', () => drawFace(alice, { yaw: 0, rollDegrees: 18, seed: 302 })],
    [
      'turned away as a flat thing',
      async () =>
        sharp(await drawFace(alice, { yaw: 0, seed: 303 }))
          .resize(330, 640, { fit: 'fill' })
          .extend({ left: 75, right: 75, background: '#777' })
          .jpeg()
          .toBuffer(),
    ],
  ])('are not made by a picture that is %s', async (_how, picture) => {
    const analysis = await faceOf(await picture());
    const judgement = judge(['left'], [{ move: 'left', analysis }]);
    expect(judgement.passed).toBe(false);
    expect(judgement.reasons).toContain('NOT_TURNED');
  });

  it.each([-50, -45, 45, 50])('are not made by a print turned %i degrees', async (degrees) => {
    const print = await turnedPicture(await drawFace(alice, { yaw: 0, seed: 304 }), degrees);
    const move = degrees > 0 ? 'left' : 'right';
    const judgement = judge([move], [{ move, analysis: await faceOf(print) }]);
    expect(judgement.reasons).toEqual(['FLAT']);
    expect(judgement.score).toBeLessThanOrEqual(5);
  });

  it('are not made by the print of a photo either', async () => {
    const [person] = await samplePeople();
    const photo = await reshoot(person!.portrait, { seed: 1 });
    const judgement = judgeMotion({
      frontal: await faceOf(photo),
      frames: [{ move: 'left', analysis: await faceOf(await turnedPicture(photo, 50)) }],
      plan: ['left'],
      calibration: productionCalibration,
    });
    expect(judgement.reasons).toEqual(['FLAT']);
  });
});
