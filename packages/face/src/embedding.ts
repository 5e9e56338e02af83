// The embedding: both descriptions of a face joined so that a dot product is their similarity.
import faceresMean from './faceres-mean.json' with { type: 'json' };

/** Share of each net in the fused similarity; dlib errs less. */
const DLIB_SHARE = 0.85;
const DLIB_NUMBERS = 128;
const FACERES_NUMBERS = 1024;
/** Length of an embedding. */
export const EMBEDDING_NUMBERS = DLIB_NUMBERS + FACERES_NUMBERS;

/** The mean of faceres descriptions; taking it off sets people further apart. */
export const FACERES_MEAN = Float32Array.from(faceresMean.mean);

/** Joins both descriptions: 1152 numbers of length 1. */
export function fuse(dlib: Float32Array, faceres: Float32Array): Float32Array {
  const centred = unit(faceres.map((value, i) => value - FACERES_MEAN[i]!));
  return joinHalves(unit(dlib), centred);
}

/**
 * The mean of 1 to 3 embeddings of one person, each half brought back to its length. More photos
 * of a person make the steadiest template.
 * @throws RangeError on none or more than three, or embeddings of another length
 */
export function averageEmbeddings(embeddings: readonly Float32Array[]): Float32Array {
  if (embeddings.length < 1 || embeddings.length > 3) {
    throw new RangeError(`1 to 3 embeddings can be averaged, not ${embeddings.length}`);
  }
  const sum = new Float32Array(EMBEDDING_NUMBERS);
  for (const embedding of embeddings) {
    assertLength(embedding);
    for (let i = 0; i < sum.length; i++) sum[i]! += embedding[i]!;
  }
  return joinHalves(unit(sum.subarray(0, DLIB_NUMBERS)), unit(sum.subarray(DLIB_NUMBERS)));
}

/**
 * Similarity of two embeddings, −1..1; people of one name are above about 0.8.
 * @throws RangeError on embeddings of another length
 */
export function fusedScore(one: Float32Array, other: Float32Array): number {
  assertLength(one);
  assertLength(other);
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!;
  return sum;
}

/** The vector at length 1. */
export function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function joinHalves(dlib: Float32Array, faceres: Float32Array): Float32Array {
  const joined = new Float32Array(EMBEDDING_NUMBERS);
  joined.set(dlib.map((value) => value * Math.sqrt(DLIB_SHARE)));
  joined.set(
    faceres.map((value) => value * Math.sqrt(1 - DLIB_SHARE)),
    DLIB_NUMBERS,
  );
  return joined;
}

function assertLength(embedding: Float32Array): void {
  if (embedding.length === EMBEDDING_NUMBERS) return;
  throw new RangeError(`an embedding has ${EMBEDDING_NUMBERS} numbers, not ${embedding.length}`);
}
