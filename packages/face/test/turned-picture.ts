import sharp from 'sharp';

/** Where the camera stands before the picture, in widths of the picture: it sees about 45 degrees. */
const CAMERA_DISTANCE = 1.2;

/**
 * What a camera sees of a flat print that is turned about its vertical middle, in true perspective.
 * @param degrees positive shows the nose further right, as a head turned to its own left does
 */
export async function turnedPicture(jpeg: Buffer, degrees: number): Promise<Buffer> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const seen = Buffer.alloc(data.length, 120);
  const away = CAMERA_DISTANCE * width;
  const sin = Math.sin((degrees * Math.PI) / 180);
  const cos = Math.cos((degrees * Math.PI) / 180);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // The ray through this pixel meets the print at (across, down) from its middle.
      const ray = x - width / 2;
      const across = (ray * away) / (away * cos - ray * sin);
      const down = ((y - height / 2) * (away + across * sin)) / away;
      const column = Math.round(across + width / 2);
      const row = Math.round(down + height / 2);
      if (column < 0 || row < 0 || column >= width || row >= height) continue;
      const from = (row * width + column) * channels;
      data.copy(seen, (y * width + x) * channels, from, from + channels);
    }
  }
  return sharp(seen, { raw: { width, height, channels } }).jpeg({ quality: 90 }).toBuffer();
}
