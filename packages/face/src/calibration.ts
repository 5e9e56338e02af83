// What a similarity is worth: the scale from the fused score of two faces to 0..100.

type Knot = readonly [fused: number, score: number];

export interface Calibration {
  name: string;
  /** False for anything that was not measured on photos of people. */
  production: boolean;
  /** Rising in both numbers; straight lines between. */
  knots: {
    /** For references made of one or two photos. */
    single: readonly Knot[];
    /** For references averaged over three photos: they are surer at the same score. */
    averaged: readonly Knot[];
  };
}

/** Photos from which a reference counts as averaged. */
const AVERAGED_PHOTOS = 3;

/**
 * Measured on 600,000 pairs of different people and 2,923 of the same (README, "Accuracy"). A score
 * of 70 is where one stranger in a thousand passes, 50 one in a hundred, 85 one in ten thousand.
 */
export const productionCalibration: Calibration = {
  name: 'fused-2026-11',
  production: true,
  knots: {
    single: [
      [0.63, 0],
      [0.805, 50],
      [0.835, 70],
      [0.859, 85],
      [0.95, 100],
    ],
    averaged: [
      [0.63, 0],
      [0.818, 50],
      [0.847, 70],
      [0.874, 85],
      [0.95, 100],
    ],
  },
};

/** The score, 0..100, of a fused similarity. */
export function scoreOf(
  fused: number,
  calibration: Calibration,
  { photos }: { photos: number },
): number {
  const { single, averaged } = calibration.knots;
  return interpolate(fused, photos >= AVERAGED_PHOTOS ? averaged : single);
}

/** The fused similarity at which a reference of one photo reaches a score. */
export function fusedAt(score: number, { knots }: Calibration): number {
  return interpolate(
    score,
    knots.single.map(([fused, reached]) => [reached, fused] as const),
  );
}

/**
 * Reads a calibration from parsed JSON.
 * @throws TypeError naming what is wrong with it
 */
export function parseCalibration(json: unknown): Calibration {
  const { name, production, knots } = (json ?? {}) as Partial<Calibration>;
  if (typeof name !== 'string' || name === '') throw new TypeError('a calibration needs a name');
  if (typeof production !== 'boolean') throw new TypeError('"production" must be true or false');
  return {
    name,
    production,
    knots: {
      single: parseKnots('single', knots?.single),
      averaged: parseKnots('averaged', knots?.averaged),
    },
  };
}

function parseKnots(name: string, knots: unknown): Knot[] {
  const faulty = (why: string) => new TypeError(`the knots of "${name}" ${why}`);
  if (!Array.isArray(knots) || knots.length < 2) throw faulty('must be a list of two or more');
  for (const [index, knot] of knots.entries()) {
    const pair = Array.isArray(knot) && knot.length === 2 && knot.every(Number.isFinite);
    if (!pair) throw faulty('must be pairs of numbers');
    if (knot[0] < -1 || knot[0] > 1) throw faulty('must have similarities of -1 to 1');
    if (knot[1] < 0 || knot[1] > 100) throw faulty('must have scores of 0 to 100');
    const before = knots[index - 1];
    if (before && (before[0] >= knot[0] || before[1] > knot[1])) throw faulty('must rise');
  }
  return knots as Knot[];
}

function interpolate(value: number, knots: readonly Knot[]): number {
  const [firstIn, firstOut] = knots[0]!;
  // Written so that NaN, which is no similarity, is worth nothing.
  if (!(value > firstIn)) return firstOut;
  for (let i = 1; i < knots.length; i++) {
    const [fromIn, fromOut] = knots[i - 1]!;
    const [toIn, toOut] = knots[i]!;
    if (value <= toIn) return fromOut + ((value - fromIn) / (toIn - fromIn)) * (toOut - fromOut);
  }
  return knots.at(-1)![1];
}
