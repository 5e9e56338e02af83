import sharp from 'sharp';
import { type DrawnView, faceSvg } from './drawn-face-svg.ts';
import { type DrawnIdentity, drawnIdentity } from './drawn-identity.ts';
import { generator } from './generator.ts';

export { type DrawnIdentity, drawnIdentity } from './drawn-identity.ts';

/** A view and the camera it is taken with. */
export interface DrawnShot extends Partial<DrawnView> {
  /** Factor of the brightness. */
  brightness?: number;
  /** Standard deviation of the sensor's noise, about. */
  noise?: number;
  /** Sigma of a blur in pixels. */
  blur?: number;
  /** JPEG quality. */
  quality?: number;
  /** Another one gives another, slightly different capture. */
  seed?: number;
}

/**
 * Draws a person as a JPEG of 480 by 640. The nets see a face in it, but not one of a real person:
 * drawn people lie close together for them, which is why tests use a calibration of their own.
 */
export async function drawFace(identity: DrawnIdentity, shot: DrawnShot = {}): Promise<Buffer> {
  const { brightness, noise = 4, blur = 0.6, quality = 90, seed = 1, ...view } = shot;
  const random = generator(seed);
  const about = (middle: number, spread: number) => middle + spread * (2 * random() - 1);
  const svg = faceSvg(identity, {
    yaw: about(0, 1),
    rollDegrees: about(0, 2),
    shiftX: about(0, 10),
    shiftY: about(0, 8),
    scale: about(1, 0.04),
    smile: 0.2 * random(),
    eyesOpen: about(0.95, 0.05),
    light: about(0, 0.3),
    wall: '#9fb0b8',
    ...view,
  });
  const { data, info } = await sharp(Buffer.from(svg))
    .removeAlpha()
    .blur(blur)
    .linear(brightness ?? about(1, 0.08), 0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  addNoise(data, noise, random);
  const raw = { width: info.width, height: info.height, channels: 3 } as const;
  return sharp(data, { raw }).jpeg({ quality }).toBuffer();
}

/** The sum of three uniform numbers is close enough to a normal one. */
function addNoise(pixels: Buffer, deviation: number, random: () => number): void {
  for (let i = 0; i < pixels.length; i++) {
    const value = (pixels[i] ?? 0) + (random() + random() + random() - 1.5) * 2 * deviation;
    pixels[i] = Math.max(0, Math.min(255, Math.round(value)));
  }
}

/**
 * Drawn people whom the engine keeps apart (below 0.90 of fused similarity, where other captures of
 * one drawn person are above 0.99). `drawn-calibration.json` has its knots between the two.
 */
export const TEST_IDENTITIES: readonly DrawnIdentity[] = [3, 4, 7, 8].map(drawnIdentity);

/** Shots of a head that makes the moves of a challenge: the person's own left and right. */
export const TEST_POSES: Record<string, DrawnShot> = {
  frontal: { yaw: 0 },
  left: { yaw: 36 },
  right: { yaw: -36 },
};
