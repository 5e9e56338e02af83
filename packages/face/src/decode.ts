// Turns an uploaded file into upright RGB pixels, within bounds set before anything is decoded.
import sharp from 'sharp';
import type { RawImage } from './geometry.ts';

// libvips would keep decoded images in its cache, and its threads would fight the nets for cores.
sharp.cache(false);
sharp.concurrency(1);

/** More is refused unread: a phone's front camera makes less. */
export const MAX_MEGAPIXELS = 12;
export const MAX_BYTES = 16 * 1024 * 1024;
/** Longer sides are shrunk to this: a face that fills an eighth of it already feeds every net. */
export const WORKING_SIDE = 1280;

export type Decoded =
  | { ok: true; image: RawImage }
  | { ok: false; reason: 'NOT_AN_IMAGE' | 'IMAGE_TOO_LARGE' };

/**
 * Decodes a JPEG, PNG or WebP: turned upright by its EXIF note, transparency laid on grey, any
 * colour space or depth brought to 8-bit sRGB. An animation gives its first picture.
 */
export async function decodeImage(file: Uint8Array): Promise<Decoded> {
  if (file.byteLength > MAX_BYTES) return { ok: false, reason: 'IMAGE_TOO_LARGE' };
  if (!isAllowedFormat(file)) return { ok: false, reason: 'NOT_AN_IMAGE' };
  // No pixel limit here: the size in the file's head is compared below, with an outcome of its own.
  const source = sharp(file, { failOn: 'truncated', limitInputPixels: false });
  try {
    const { width, height } = await source.metadata();
    if (width * height > MAX_MEGAPIXELS * 1e6) return { ok: false, reason: 'IMAGE_TOO_LARGE' };
    const { data, info } = await source
      .autoOrient()
      .resize({
        width: WORKING_SIDE,
        height: WORKING_SIDE,
        fit: 'inside',
        withoutEnlargement: true,
      })
      .flatten({ background: '#808080' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { ok: true, image: { data, width: info.width, height: info.height } };
  } catch {
    return { ok: false, reason: 'NOT_AN_IMAGE' };
  }
}

/** The same picture at another size. */
export async function resizeImage(image: RawImage, width: number, height: number) {
  const raw = { width: image.width, height: image.height, channels: 3 as const };
  const data = await sharp(image.data, { raw })
    .resize(width, height, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  return { data, width, height } satisfies RawImage;
}

/** By the first bytes, not by a name or a header: SVG, GIF, HEIC and TIFF never reach a decoder. */
function isAllowedFormat(file: Uint8Array): boolean {
  const head = Buffer.from(file.buffer, file.byteOffset, Math.min(12, file.byteLength));
  const jpeg = head.subarray(0, 3).toString('hex') === 'ffd8ff';
  const png = head.subarray(0, 8).toString('hex') === '89504e470d0a1a0a';
  const webp =
    head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP';
  return jpeg || png || webp;
}
