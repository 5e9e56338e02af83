// A weak, passive hint whether a camera saw a face or a picture of one.
import type { DetectedFace } from './detect.ts';
import { angleBetween, cropToBox, type RawImage, sampleCrop } from './geometry.ts';
import type { Nets } from './nets.ts';

const SIDE = 32;
/** The crop is sampled this many times finer and averaged: the net was fed area-averaged pictures. */
const OVERSAMPLING = 4;
/** The crop's side, in sides of the detected box. */
const CROP_SCALE = 1.4;

/**
 * Liveness as the net sees it, 0..100. Experimental: on 37 photos its area under the curve was
 * about 0.7, and most attacks pass at 50. It may add to a risk, never approve anyone.
 */
export async function livenessOf(nets: Nets, image: RawImage, face: DetectedFace) {
  const side = Math.max(face.width, face.height) * CROP_SCALE;
  const fine = SIDE * OVERSAMPLING;
  const toImage = cropToBox(face.centre, side, angleBetween(...face.eyes), fine);
  const crop = sampleCrop(image, toImage, fine, {
    scale: 1 / 255,
    offset: [0, 0, 0],
    order: 'rgb',
  });
  const { shares } = await nets.run('liveness', areaAverage(crop));
  return shares[0]! * 100;
}

function areaAverage(crop: Float32Array): Float32Array {
  const small = new Float32Array(SIDE * SIDE * 3);
  const fine = SIDE * OVERSAMPLING;
  for (let i = 0; i < crop.length; i++) {
    const pixel = Math.floor(i / 3);
    const x = Math.floor((pixel % fine) / OVERSAMPLING);
    const y = Math.floor(pixel / fine / OVERSAMPLING);
    small[(y * SIDE + x) * 3 + (i % 3)]! += crop[i]! / OVERSAMPLING ** 2;
  }
  return small;
}
