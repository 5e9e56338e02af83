import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** How a secret of high entropy is kept: SHA-256 is enough, there is nothing to guess. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
export function sameSecret(left: string, right: string): boolean {
  return timingSafeEqual(hashSecret(left), hashSecret(right));
}

/** Random text of URL-safe characters, 6 bits each. */
export function randomText(characters: number): string {
  return randomBytes(Math.ceil((characters * 3) / 4))
    .toString('base64url')
    .slice(0, characters);
}
