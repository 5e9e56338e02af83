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
  const { data, width, height } = image;
  const [a, b, c, d, e, f] = toImage;
  const crop = new Float32Array(pixels * pixels * 3);
  const [first, third] = order === 'rgb' ? [0, 2] : [2, 0];
  const row = width * 3;
  let at = 0;
  for (let y = 0; y < pixels; y++) {
    for (let x = 0; x < pixels; x++, at += 3) {
      const sourceX = a * x + b * y + c;
      const sourceY = d * x + e * y + f;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const shareX = sourceX - left;
      const shareY = sourceY - top;
      // A weight of nothing for a neighbour outside the image keeps the loop free of branches.
      const inLeft = left >= 0 && left < width ? 1 - shareX : 0;
      const inRight = left >= -1 && left < width - 1 ? shareX : 0;
      const inTop = top >= 0 && top < height ? 1 - shareY : 0;
      const inBottom = top >= -1 && top < height - 1 ? shareY : 0;
      const from = top * row + left * 3;
      for (let channel = 0; channel < 3; channel++) {
        const i = from + channel;
        const upper =
          inTop && inTop * blend(inLeft && data[i]!, inLeft, inRight && data[i + 3]!, inRight);
        const under =
          inBottom &&
          inBottom *
            blend(inLeft && data[i + row]!, inLeft, inRight && data[i + row + 3]!, inRight);
        const target = channel === 0 ? first : channel === 2 ? third : 1;
        crop[at + target] = (upper + under) * scale - offset[target]!;
      }
    }
  }
  return crop;
}

const blend = (left: number, shareLeft: number, right: number, shareRight: number): number =>
  left * shareLeft + right * shareRight;

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
