// Writes ONNX models: the few protobuf messages of onnx.proto3 that an inference graph needs.
// Field numbers below are those of that file; 15 is the operator set, 8 the file format version.
const OPERATOR_SET = 15;
const FORMAT_VERSION = 8;
const DATA_TYPE = { float32: 1, int64: 7 } as const;
const ATTRIBUTE_TYPE = { int: 2, string: 3, ints: 7 } as const;

/** An attribute: a whole number, a string or a list of whole numbers (no net here needs a float). */
export type Attribute = number | string | readonly number[];

/** Collects the nodes of one model; every method that makes a value returns its name. */
export interface GraphBuilder {
  input(name: string, shape: readonly number[]): string;
  /** A float32 constant; shape [] is a scalar. */
  floats(data: Float32Array, shape: readonly number[]): string;
  /** A one-dimensional int64 constant, as ONNX wants axes, paddings and shapes. */
  integers(values: readonly number[]): string;
  /** An operator with one output; an input '' leaves out an optional one. */
  node(operator: string, inputs: readonly string[], attributes?: Record<string, Attribute>): string;
  /** Publishes a value under a name of its own. */
  output(name: string, value: string): void;
  /** The finished model file. */
  encode(): Buffer;
}

/** Starts an empty float32 model. */
export function createGraph(): GraphBuilder {
  const nodes: Buffer[] = [];
  const constants: Buffer[] = [];
  const inputs: Buffer[] = [];
  const outputs: Buffer[] = [];
  let made = 0;
  const fresh = (prefix: string) => `${prefix}_${made++}`;
  const addNode = (
    operator: string,
    from: readonly string[],
    to: string,
    attributes: Record<string, Attribute>,
  ) => {
    nodes.push(
      Buffer.concat([
        ...from.map((name) => bytes(1, name)),
        bytes(2, to),
        bytes(3, to),
        bytes(4, operator),
        ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
      ]),
    );
    return to;
  };
  return {
    input(name, shape) {
      inputs.push(valueInfo(name, shape));
      return name;
    },
    floats(data, shape) {
      const name = fresh('floats');
      constants.push(tensor(name, shape, DATA_TYPE.float32, data));
      return name;
    },
    integers(values) {
      const name = fresh('integers');
      const data = BigInt64Array.from(values, BigInt);
      constants.push(tensor(name, [values.length], DATA_TYPE.int64, data));
      return name;
    },
    node: (operator, from, attributes = {}) => addNode(operator, from, fresh(operator), attributes),
    output(name, value) {
      addNode('Identity', [value], name, {});
      outputs.push(valueInfo(name));
    },
    encode: () =>
      Buffer.concat([
        number(1, FORMAT_VERSION),
        bytes(
          7,
          Buffer.concat([
            ...nodes.map((node) => bytes(1, node)),
            bytes(2, 'graph'),
            ...constants.map((constant) => bytes(5, constant)),
            ...inputs.map((input) => bytes(11, input)),
            ...outputs.map((output) => bytes(12, output)),
          ]),
        ),
        bytes(8, Buffer.concat([bytes(1, ''), number(2, OPERATOR_SET)])),
      ]),
  };
}

function tensor(
  name: string,
  shape: readonly number[],
  dataType: number,
  data: Float32Array | BigInt64Array,
): Buffer {
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const dims = shape.map((size) => number(1, size));
  return Buffer.concat([...dims, number(2, dataType), bytes(8, name), bytes(9, raw)]);
}

function attribute(name: string, value: Attribute): Buffer {
  const field = bytes(1, name);
  if (typeof value === 'string') {
    return Buffer.concat([field, bytes(4, value), number(20, ATTRIBUTE_TYPE.string)]);
  }
  if (typeof value === 'number') {
    return Buffer.concat([field, number(3, value), number(20, ATTRIBUTE_TYPE.int)]);
  }
  const items = value.map((item) => number(8, item));
  return Buffer.concat([field, ...items, number(20, ATTRIBUTE_TYPE.ints)]);
}

/** Without a shape (outputs) the runtime infers it. */
function valueInfo(name: string, shape?: readonly number[]): Buffer {
  const dims = shape?.map((size) => bytes(1, number(1, size)));
  const tensorType = [
    number(1, DATA_TYPE.float32),
    ...(dims ? [bytes(2, Buffer.concat(dims))] : []),
  ];
  return Buffer.concat([bytes(1, name), bytes(2, bytes(1, Buffer.concat(tensorType)))]);
}

function varint(value: number | bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Buffer.from(out);
}

const number = (field: number, value: number): Buffer =>
  Buffer.concat([varint(field << 3), varint(value)]);

function bytes(field: number, content: Buffer | string): Buffer {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
}
