// A template: the features of an enrolled face, as they are kept. Sealed; the plain form is memory only.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { EMBEDDING_NUMBERS } from './embedding.ts';

export interface FaceTemplate {
  /** Of the engine that made it; another engine's embeddings must not be compared with it. */
  engineId: string;
  /** How many photos it was averaged over. */
  photos: number;
  /** Name of the calibration it was enrolled under. */
  calibration: string;
  embedding: Float32Array;
}

export interface TemplateSeal {
  /** 32 bytes, used for templates only. */
  key: Buffer;
  /** Whose template it is; it does not open under another one's name. */
  context: string;
}

export type OpenedTemplate =
  | { ok: true; template: FaceTemplate }
  /** Made by another engine: the person has to enrol again. */
  | { ok: false; reason: 'ENGINE_CHANGED' }
  /** Another key, another context, or changed bytes. */
  | { ok: false; reason: 'UNREADABLE' };

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals a template: version byte, random 96-bit IV, tag, AES-256-GCM of head and features. */
export function sealTemplate(template: FaceTemplate, { key, context }: TemplateSeal): Buffer {
  const { embedding, ...head } = template;
  const headBytes = Buffer.from(JSON.stringify(head));
  const plain = Buffer.alloc(2 + headBytes.length + embedding.length * 4);
  plain.writeUInt16LE(headBytes.length, 0);
  headBytes.copy(plain, 2);
  for (const [i, value] of embedding.entries()) {
    plain.writeFloatLE(value, 2 + headBytes.length + i * 4);
  }
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  plain.fill(0);
  return Buffer.concat([Buffer.from([VERSION]), iv, cipher.getAuthTag(), sealed]);
}

/** Opens what {@link sealTemplate} made, for the engine that is to compare with it. */
export function openTemplate(
  sealed: Buffer,
  { key, context, engineId }: TemplateSeal & { engineId: string },
): OpenedTemplate {
  const plain = decrypt(sealed, key, context);
  if (plain === null) return { ok: false, reason: 'UNREADABLE' };
  try {
    return read(plain, engineId);
  } finally {
    plain.fill(0);
  }
}

function read(plain: Buffer, engineId: string): OpenedTemplate {
  const headEnd = 2 + plain.readUInt16LE(0);
  const head = JSON.parse(plain.toString('utf8', 2, headEnd)) as Omit<FaceTemplate, 'embedding'>;
  if (head.engineId !== engineId) return { ok: false, reason: 'ENGINE_CHANGED' };
  const numbers = (plain.length - headEnd) / 4;
  if (numbers !== EMBEDDING_NUMBERS) return { ok: false, reason: 'UNREADABLE' };
  const embedding = Float32Array.from({ length: numbers }, (_, i) =>
    plain.readFloatLE(headEnd + i * 4),
  );
  return { ok: true, template: { ...head, embedding } };
}

function decrypt(sealed: Buffer, key: Buffer, context: string): Buffer | null {
  const start = 1 + IV_BYTES + TAG_BYTES;
  if (sealed.length <= start + 2 || sealed[0] !== VERSION) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + IV_BYTES));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(1 + IV_BYTES, start));
    return Buffer.concat([decipher.update(sealed.subarray(start)), decipher.final()]);
  } catch {
    return null;
  }
}
