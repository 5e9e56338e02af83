// The weight files this engine runs on. Two npm packages carry them; none of their code is used.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/** SHA-256 of every file: other bytes would be another engine, with other error rates. */
export const WEIGHT_FILES = {
  '@vladmandic/human': {
    'models/blazeface.json': 'cd7bbfc078270572beb39f9e5ae67aadbd50b5e67cff37e6d4f6b3ea39312e5f',
    'models/blazeface.bin': 'dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72',
    'models/facemesh.json': 'b60ca26f404724f43bd2b1575761d8265180e1f053cc0731caa68462927309e7',
    'models/facemesh.bin': '3826da640b0a3021161605369ee6af293f75d518040355b960ec71a3390c1c0b',
    'models/faceres.json': '5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df',
    'models/faceres.bin': '2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b',
    'models/liveness.json': '9e51c8acf83b80abbf329b2735309ab5c90611c66905ade8b1bd130d473df9c8',
    'models/liveness.bin': 'fc6a6b6b3b9721bdb8bff67a457a15b7cbfd81715cfb27f3e65b757e81dd663e',
  },
  '@vladmandic/face-api': {
    'model/face_recognition_model-weights_manifest.json':
      'cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b',
    'model/face_recognition_model.bin':
      'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589',
  },
} as const;

export type WeightPackage = keyof typeof WEIGHT_FILES;

/**
 * Reads one pinned file.
 * @throws Error when the package is not installed, or the file's bytes are not the pinned ones
 */
export async function readWeightFile<P extends WeightPackage>(
  packageName: P,
  file: string & keyof (typeof WEIGHT_FILES)[P],
): Promise<Buffer> {
  const manifest = findPackageJSON(packageName, import.meta.url);
  if (!manifest) throw new Error(`${packageName} is not installed`);
  const bytes = await readFile(join(dirname(manifest), file));
  assertPinned(bytes, WEIGHT_FILES[packageName][file] as string, `${packageName}/${file}`);
  return bytes;
}

/** @throws Error when the bytes do not have that SHA-256 */
export function assertPinned(bytes: Uint8Array, expected: string, name: string): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== expected) {
    throw new Error(`${name} is not the pinned file: SHA-256 ${found}, expected ${expected}`);
  }
}
