// Reads weights as TensorFlow.js stores them: one binary blob cut up by a manifest, most of it quantised.

/** One named array of a net; `shape` is row-major, channels last as TensorFlow keeps it. */
export interface Weight {
  shape: readonly number[];
  data: Float32Array | Int32Array;
}

export type Weights = ReadonlyMap<string, Weight>;

/** One group of a `weightsManifest`: the entries lie one after another in the group's blob. */
export interface WeightGroup {
  weights: readonly WeightEntry[];
}

interface WeightEntry {
  name: string;
  shape: readonly number[];
  dtype: string;
  quantization?: { dtype: string; scale?: number; min?: number };
}

/**
 * Decodes every weight of a net.
 * @param groups the manifest's groups, in the order their blobs are joined in `blob`
 * @throws Error when the blob is not exactly as long as the manifest says, or of an unknown type
 */
export function decodeWeights(groups: readonly WeightGroup[], blob: Buffer): Weights {
  const weights = new Map<string, Weight>();
  let offset = 0;
  for (const entry of groups.flatMap((group) => group.weights)) {
    const length = entry.shape.reduce((product, size) => product * size, 1);
    const stored = entry.quantization?.dtype ?? entry.dtype;
    const byteLength = length * bytesEach(stored);
    if (offset + byteLength > blob.length) throw new Error(`weights end inside ${entry.name}`);
    const slice = blob.subarray(offset, offset + byteLength);
    weights.set(entry.name, { shape: entry.shape, data: decode(entry, stored, slice, length) });
    offset += byteLength;
  }
  if (offset !== blob.length) throw new Error(`${blob.length - offset} bytes of weights left over`);
  return weights;
}

/** The weight of that name. @throws Error when the net has none */
export function weightOf(weights: Weights, name: string): Weight {
  const weight = weights.get(name);
  if (!weight) throw new Error(`no weight ${name}`);
  return weight;
}

/** Reorders the axes of an array: axis i of the result is axis `order[i]` of the source. */
export function permute(weight: Weight, order: readonly number[]) {
  const strides = weight.shape.map((_, axis) =>
    weight.shape.slice(axis + 1).reduce((product, size) => product * size, 1),
  );
  const shape = order.map((axis) => weight.shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const data = new Float32Array(weight.data.length);
  const index = shape.map(() => 0);
  let source = 0;
  for (let target = 0; target < data.length; target++) {
    data[target] = weight.data[source]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      source -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

function bytesEach(stored: string): number {
  const sizes: Record<string, number> = { uint8: 1, uint16: 2, float16: 2, int32: 4, float32: 4 };
  const size = sizes[stored];
  if (!size) throw new Error(`weights of unknown type ${stored}`);
  return size;
}

function decode(entry: WeightEntry, stored: string, bytes: Buffer, length: number) {
  if (stored === 'int32') return Int32Array.from({ length }, (_, i) => bytes.readInt32LE(i * 4));
  const { scale = 1, min = 0 } = entry.quantization ?? {};
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    if (stored === 'float32') data[i] = bytes.readFloatLE(i * 4);
    else if (stored === 'float16') data[i] = float16(bytes.readUInt16LE(i * 2));
    else data[i] = (stored === 'uint8' ? bytes[i]! : bytes.readUInt16LE(i * 2)) * scale + min;
  }
  return data;
}

function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
