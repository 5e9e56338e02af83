import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals bytes for storage: AES-256-GCM, fresh 96-bit IV, one version byte in front.
 *
 * @param key 32 bytes
 * @param context where the value belongs (table and row id); a sealed value moved elsewhere will
 *   not open
 */
export function seal(plain: Buffer | string, key: Buffer, context: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const sealed = Buffer.concat([cipher.update(plain as Buffer), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION]), iv, cipher.getAuthTag(), sealed]);
}

/**
 * Opens what {@link seal} made.
 *
 * @throws Error when the key or the context is another one, or the bytes were changed
 */
export function unseal(sealed: Buffer, key: Buffer, context: string): Buffer {
  const head = 1 + IV_BYTES + TAG_BYTES;
  if (sealed.length < head || sealed[0] !== VERSION) throw new Error('Not a sealed value');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + IV_BYTES));
  decipher.setAAD(Buffer.from(context, 'utf8'));
  decipher.setAuthTag(sealed.subarray(1 + IV_BYTES, head));
  return Buffer.concat([decipher.update(sealed.subarray(head)), decipher.final()]);
}
