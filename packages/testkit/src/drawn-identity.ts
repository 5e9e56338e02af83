import { generator } from './generator.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** What stays the same about a drawn person: about thirty proportions and colours. */
export interface DrawnIdentity {
  seed: number;
  skin: Colour;
  hair: Colour;
  iris: Colour;
  lips: Colour;
  /** Factors around 1. */
  face: { width: number; height: number; jaw: number; chin: number; ears: number };
  eyes: { apart: number; width: number; height: number; tilt: number; lower: number };
  brows: { weight: number; arch: number; lower: number };
  nose: { width: number; length: number; bridge: number };
  mouth: { width: number; lower: number; fullness: number };
  /** 0 to 3. */
  hairStyle: number;
  /** Opacity of a beard, 0 for none. */
  beard: number;
  glasses: boolean;
}

const HAIR: readonly Colour[] = [
  [28, 22, 18],
  [72, 44, 24],
  [128, 84, 44],
  [196, 160, 98],
  [138, 60, 28],
  [158, 156, 154],
];

/** A person who is always drawn alike for a seed. */
export function drawnIdentity(seed: number): DrawnIdentity {
  const random = generator(seed * 7919);
  const between = (low: number, high: number) => low + (high - low) * random();
  const tone = random();
  const shade = (light: number, dark: number) => light + (dark - light) * tone + between(-7, 7);
  return {
    seed,
    skin: [shade(244, 100), shade(204, 64), shade(176, 46)],
    hair: HAIR[Math.floor(random() * HAIR.length)] ?? [28, 22, 18],
    iris: [between(30, 118), between(42, 110), between(24, 128)],
    lips: [between(150, 200), between(68, 110), between(74, 110)],
    face: {
      width: between(0.84, 1.14),
      height: between(0.92, 1.12),
      jaw: between(0.52, 0.96),
      chin: between(0.78, 1.18),
      ears: between(0.8, 1.2),
    },
    eyes: {
      apart: between(0.85, 1.16),
      width: between(0.8, 1.26),
      height: between(0.74, 1.32),
      tilt: between(-8, 8),
      lower: between(-9, 9),
    },
    brows: { weight: between(3, 11), arch: between(0, 15), lower: between(-7, 8) },
    nose: { width: between(0.72, 1.38), length: between(0.84, 1.22), bridge: between(0.7, 1.3) },
    mouth: { width: between(0.78, 1.28), lower: between(-8, 9), fullness: between(0.65, 1.55) },
    hairStyle: Math.floor(random() * 4),
    beard: random() < 0.3 ? between(0.25, 0.7) : 0,
    glasses: random() < 0.18,
  };
}
