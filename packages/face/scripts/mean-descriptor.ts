// Computes the mean faceres description from every face in the photos that come with the two weight
// packages, and writes src/faceres-mean.json. A new mean is a new engine id: all templates expire.
// Run: node scripts/mean-descriptor.ts
import { readFile, writeFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { decodeImage } from '../src/decode.ts';
import { detectFaces } from '../src/detect.ts';
import { embedFaceres } from '../src/embed.ts';
import { loadNets } from '../src/nets.ts';

const PHOTOS = [
  ...[1, 2, 3, 4, 5, 6].map((i) => ['@vladmandic/face-api', `demo/sample${i}.jpg`] as const),
  ['@vladmandic/human', 'assets/samples.jpg'] as const,
];
/** Smaller or less certain faces say little about faces. */
const MIN_FACE_PX = 40;
const MIN_SCORE = 0.6;
const DECIMALS = 6;

const nets = await loadNets();
const sum = new Float64Array(1024);
let faces = 0;
for (const [packageName, photo] of PHOTOS) {
  const folder = dirname(findPackageJSON(packageName, import.meta.url)!);
  const decoded = await decodeImage(await readFile(join(folder, photo)));
  if (!decoded.ok) throw new Error(`${photo}: ${decoded.reason}`);
  const found = await detectFaces(nets, decoded.image);
  const usable = found.filter((face) => face.width >= MIN_FACE_PX && face.score >= MIN_SCORE);
  for (const face of usable) {
    const description = await embedFaceres(nets, decoded.image, face, true);
    for (let i = 0; i < sum.length; i++) sum[i]! += description[i]!;
  }
  faces += usable.length;
  console.log(`${photo}: ${usable.length} of ${found.length} faces`);
}
const mean = Array.from(sum, (value) => Number((value / faces).toFixed(DECIMALS)));
const file = new URL('../src/faceres-mean.json', import.meta.url);
await writeFile(file, `${JSON.stringify({ faces, mean })}\n`);
console.log(`mean of ${faces} faces written`);
