// Points, plane maps and the resampling of pixels between them.

export interface Point {
  x: number;
  y: number;
}

/** Upright 8-bit RGB pixels, row by row. */
export interface RawImage {
  data: Uint8Array;
  width: number;
  height: number;
}

/** An affine map of the plane: x' = a·x + b·y + c, y' = d·x + e·y + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const distance = (from: Point, to: Point): number =>
  Math.hypot(to.x - from.x, to.y - from.y);

/** The direction from one point to another, radians, clockwise on screen from the x axis. */
export const angleBetween = (from: Point, to: Point): number =>
  Math.atan2(to.y - from.y, to.x - from.x);

export const apply = ([a, b, c, d, e, f]: Affine, { x, y }: Point): Point => ({
  x: a * x + b * y + c,
  y: d * x + e * y + f,
});

/** Maps a square crop of `pixels` × `pixels` to a box of the image of that side, turned by `angle`. */
export function cropToBox(centre: Point, side: number, angle: number, pixels: number): Affine {
  const cos = (Math.cos(angle) * side) / pixels;
  const sin = (Math.sin(angle) * side) / pixels;
  const half = (pixels - 1) / 2;
  return [
    cos,
    -sin,
    centre.x - cos * half + sin * half,
    sin,
    cos,
    centre.y - sin * half - cos * half,
  ];
}

/** The turn, scale and shift that brings `from` closest to `to` (least squares). */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Affine {
  const fromCentre = mean(from);
  const toCentre = mean(to);
  let along = 0;
  let across = 0;
  let spread = 0;
  from.forEach((point, i) => {
    const x = point.x - fromCentre.x;
    const y = point.y - fromCentre.y;
    const toX = to[i]!.x - toCentre.x;
    const toY = to[i]!.y - toCentre.y;
    along += x * toX + y * toY;
    across += x * toY - y * toX;
    spread += x * x + y * y;
  });
  const a = along / spread;
  const d = across / spread;
  return [
    a,
    -d,
    toCentre.x - a * fromCentre.x + d * fromCentre.y,
    d,
    a,
    toCentre.y - d * fromCentre.x - a * fromCentre.y,
  ];
}

/** The affine map that brings `from` closest to `to` (least squares), as a flat thing would move. */
export function fitAffine(from: readonly Point[], to: readonly Point[]): Affine {
  const centre = mean(from);
  let xx = 0;
  let xy = 0;
  let yy = 0;
  const towards = { xByX: 0, xByY: 0, yByX: 0, yByY: 0 };
  const toCentre = mean(to);
  from.forEach((point, i) => {
    const x = point.x - centre.x;
    const y = point.y - centre.y;
    const toX = to[i]!.x - toCentre.x;
    const toY = to[i]!.y - toCentre.y;
    xx += x * x;
    xy += x * y;
    yy += y * y;
    towards.xByX += toX * x;
    towards.xByY += toX * y;
    towards.yByX += toY * x;
    towards.yByY += toY * y;
  });
  const determinant = xx * yy - xy * xy;
  const a = (towards.xByX * yy - towards.xByY * xy) / determinant;
  const b = (towards.xByY * xx - towards.xByX * xy) / determinant;
  const d = (towards.yByX * yy - towards.yByY * xy) / determinant;
  const e = (towards.yByY * xx - towards.yByX * xy) / determinant;
  return [
    a,
    b,
    toCentre.x - a * centre.x - b * centre.y,
    d,
    e,
    toCentre.y - d * centre.x - e * centre.y,
  ];
}

export function mean(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }));
  return { x: sum.x / points.length, y: sum.y / points.length };
}

/** How a net wants its pixels: value·scale − offset in each channel. */
export interface PixelFormat {
  scale: number;
  offset: readonly [number, number, number];
  order: 'rgb' | 'bgr';
}

/**
 * Samples a square crop, channels last, bilinear; what lies outside the image is black.
 * @param toImage maps pixel positions of the crop to positions of the image
 */
export function sampleCrop(
  image: RawImage,
  toImage: Affine,
  pixels: number,
  { scale, offset, order }: PixelFormat,
): Float32Array {
  const [a, b, c, d, e, f] = toImage;
  const crop = new Float32Array(pixels * pixels * 3);
  const [first, third] = order === 'rgb' ? [0, 2] : [2, 0];
  const pixel = new Float64Array(3);
  let at = 0;
  for (let y = 0; y < pixels; y++) {
    for (let x = 0; x < pixels; x++, at += 3) {
      samplePixel(image, a * x + b * y + c, d * x + e * y + f, pixel);
      crop[at + first] = pixel[0]! * scale - offset[first]!;
      crop[at + 1] = pixel[1]! * scale - offset[1]!;
      crop[at + third] = pixel[2]! * scale - offset[third]!;
    }
  }
  return crop;
}

/** The colour between the four pixels around a position, into `out`; outside is black. */
function samplePixel({ data, width, height }: RawImage, x: number, y: number, out: Float64Array) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const shareX = x - left;
  const shareY = y - top;
  out.fill(0);
  for (let corner = 0; corner < 4; corner++) {
    const column = left + (corner & 1);
    const row = top + (corner >> 1);
    if (column < 0 || column >= width || row < 0 || row >= height) continue;
    const weight = (corner & 1 ? shareX : 1 - shareX) * (corner >> 1 ? shareY : 1 - shareY);
    const from = (row * width + column) * 3;
    out[0]! += weight * data[from]!;
    out[1]! += weight * data[from + 1]!;
    out[2]! += weight * data[from + 2]!;
  }
}

/** The same square crop, mirrored left to right. */
export function mirror(crop: Float32Array, pixels: number): Float32Array {
  const mirrored = new Float32Array(crop.length);
  for (let y = 0; y < pixels; y++) {
    for (let x = 0; x < pixels; x++) {
      const from = (y * pixels + x) * 3;
      const to = (y * pixels + pixels - 1 - x) * 3;
      mirrored[to] = crop[from]!;
      mirrored[to + 1] = crop[from + 1]!;
      mirrored[to + 2] = crop[from + 2]!;
    }
  }
  return mirrored;
}
