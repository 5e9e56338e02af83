// Turns a TensorFlow.js graph model into ONNX. Only the twenty operators of the nets used here.
// TensorFlow keeps channels last, ONNX convolutions want them second: the image is transposed once
// at the input, and back where the order of elements shows (Reshape and the outputs).
import { createGraph, type GraphBuilder } from './onnx-writer.ts';
import { permute, type Weight, type Weights, weightOf } from './weights.ts';

/** A node of `modelTopology.node`. Lists of whole numbers come as strings, names as base64. */
export interface GraphNode {
  name: string;
  op: string;
  input?: readonly string[];
  attr?: Record<string, NodeAttribute>;
}

interface NodeAttribute {
  s?: string;
  b?: boolean;
  list?: { i?: readonly string[]; s?: readonly string[] };
}

export interface GraphModel {
  nodes: readonly GraphNode[];
  weights: Weights;
  /** Shape of the one input, batch first, channels last. */
  inputShape: readonly number[];
  /** Published name of each output and the node it comes from. */
  outputs: ReadonlyMap<string, string>;
}

/** `second`: channels second, as convolutions want it; `last`: TensorFlow's order, or no image. */
type Layout = 'second' | 'last';
type Value = { constant: Weight } | { name: string; layout: Layout };
type Tensor = Extract<Value, { name: string }>;

interface Conversion {
  graph: GraphBuilder;
  model: GraphModel;
  node: GraphNode;
  inputs: readonly Value[];
}

/** The model as an ONNX file. @throws Error on an operator or attribute it does not know */
export function graphToOnnx(model: GraphModel): Buffer {
  const graph = createGraph();
  const byName = new Map(model.nodes.map((node) => [node.name, node]));
  const done = new Map<string, Value>();
  const resolve = (reference: string): Value => {
    const name = reference.replace(/:\d+$/, '');
    const known = done.get(name);
    if (known) return known;
    const found = byName.get(name);
    if (!found) throw new Error(`no node ${name}`);
    const node = asClip(found, byName) ?? found;
    const convert = CONVERTERS[node.op];
    if (!convert) throw new Error(`no conversion for operator ${node.op}`);
    // References that begin with ^ only order execution, they carry no value.
    const inputs = (node.input ?? []).filter((input) => !input.startsWith('^')).map(resolve);
    const value = convert({ graph, model, node, inputs });
    done.set(name, value);
    return value;
  };
  for (const [name, source] of model.outputs) {
    graph.output(name, channelsLast(graph, tensorOf(resolve(source))).name);
  }
  return graph.encode();
}

/** Not TensorFlow's: what {@link asClip} makes. */
const CLIP = 'Clip';

/**
 * TensorFlow spells a bounded activation as Maximum(Minimum(x, most), least). As one node the
 * runtime merges it into the convolution before it: a sixth of the time of faceres.
 */
function asClip(node: GraphNode, byName: ReadonlyMap<string, GraphNode>): GraphNode | undefined {
  const [bounded, least] = node.input ?? [];
  const minimum = node.op === 'Maximum' ? byName.get(bounded ?? '') : undefined;
  const [value, most] = minimum?.op === 'Minimum' ? (minimum.input ?? []) : [];
  if (!value || !most || !least) return undefined;
  return { name: node.name, op: CLIP, input: [value, least, most] };
}

const CONVERTERS: Record<string, (conversion: Conversion) => Value> = {
  Const: ({ model, node }) => ({ constant: weightOf(model.weights, node.name) }),
  Placeholder: ({ graph, model }) => ({
    name: graph.node('Transpose', [graph.input('input', model.inputShape)], { perm: [0, 3, 1, 2] }),
    layout: 'second',
  }),
  Identity: ({ inputs }) => inputs[0]!,
  Conv2D: (conversion) => convolution(conversion, false),
  _FusedConv2D: (conversion) => convolution(conversion, false),
  DepthwiseConv2dNative: (conversion) => convolution(conversion, true),
  FusedDepthwiseConv2dNative: (conversion) => convolution(conversion, true),
  _FusedMatMul: matrixProduct,
  Add: (conversion) => elementwise('Add', conversion),
  AddV2: (conversion) => elementwise('Add', conversion),
  Mul: (conversion) => elementwise('Mul', conversion),
  [CLIP]: ({ graph, inputs }) => {
    const { name, layout } = tensorOf(inputs[0]!);
    const [least, most] = [operand(graph, inputs[1]!, layout), operand(graph, inputs[2]!, layout)];
    return { name: graph.node('Clip', [name, least, most]), layout };
  },
  Prelu: ({ graph, inputs }) => activation(graph, 'Prelu', tensorOf(inputs[0]!), inputs[1]),
  Relu: ({ graph, inputs }) => activation(graph, 'Relu', tensorOf(inputs[0]!)),
  Sigmoid: ({ graph, inputs }) => activation(graph, 'Sigmoid', tensorOf(inputs[0]!)),
  Softmax: ({ graph, inputs }) => {
    const from = channelsLast(graph, tensorOf(inputs[0]!));
    return { name: graph.node('Softmax', [from.name], { axis: -1 }), layout: 'last' };
  },
  MaxPool: ({ graph, node, inputs }) => ({
    name: graph.node('MaxPool', [tensorOf(inputs[0]!).name], {
      kernel_shape: integersOf(node, 'ksize').slice(1, 3),
      strides: integersOf(node, 'strides').slice(1, 3),
      ...paddingOf(node),
    }),
    layout: 'second',
  }),
  Pad: ({ graph, inputs }) => {
    const before = CHANNELS_SECOND.map((axis) => constantOf(inputs[1]!).data[axis * 2]!);
    const after = CHANNELS_SECOND.map((axis) => constantOf(inputs[1]!).data[axis * 2 + 1]!);
    const amounts = graph.integers([...before, ...after]);
    return { name: graph.node('Pad', [tensorOf(inputs[0]!).name, amounts]), layout: 'second' };
  },
  Reshape: ({ graph, inputs }) => {
    const from = channelsLast(graph, tensorOf(inputs[0]!));
    const shape = graph.integers(Array.from(constantOf(inputs[1]!).data));
    return { name: graph.node('Reshape', [from.name, shape]), layout: 'last' };
  },
  Mean: ({ graph, node, inputs }) => {
    const from = channelsLast(graph, tensorOf(inputs[0]!));
    const axes = Array.from(constantOf(inputs[1]!).data);
    const keepdims = node.attr?.keep_dims?.b ? 1 : 0;
    return { name: graph.node('ReduceMean', [from.name], { axes, keepdims }), layout: 'last' };
  },
};

/** Where each axis of the channels-second order lies in the channels-last one. */
const CHANNELS_SECOND = [0, 3, 1, 2];

function convolution({ graph, node, inputs }: Conversion, depthwise: boolean): Value {
  const filters = constantOf(inputs[1]!);
  const [height, width, channelsIn, channelsOut] = filters.shape as [
    number,
    number,
    number,
    number,
  ];
  const turned = permute(filters, depthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]);
  const shape = depthwise ? [channelsIn * channelsOut, 1, height, width] : turned.shape;
  const dilations = integersOf(node, 'dilations').slice(1, 3);
  const from = [tensorOf(inputs[0]!).name, graph.floats(turned.data, shape)];
  const { bias, then, slope } = fusedOf(node, inputs);
  if (bias) from.push(graph.floats(Float32Array.from(bias.data), [bias.data.length]));
  const name = graph.node('Conv', from, {
    strides: integersOf(node, 'strides').slice(1, 3),
    kernel_shape: [height, width],
    ...(dilations.length ? { dilations } : {}),
    ...(depthwise ? { group: channelsIn } : {}),
    ...paddingOf(node),
  });
  const value: Tensor = { name, layout: 'second' };
  return then ? activation(graph, then, value, slope) : value;
}

function matrixProduct({ graph, node, inputs }: Conversion): Value {
  const matrix = constantOf(inputs[1]!);
  const { bias, then, slope } = fusedOf(node, inputs);
  const from = [tensorOf(inputs[0]!).name, graph.floats(matrix.data as Float32Array, matrix.shape)];
  if (bias) from.push(graph.floats(Float32Array.from(bias.data), [bias.data.length]));
  const name = graph.node('Gemm', from, node.attr?.transpose_b?.b ? { transB: 1 } : {});
  const value: Tensor = { name, layout: 'last' };
  return then ? activation(graph, then, value, slope) : value;
}

function elementwise(operator: string, { graph, inputs }: Conversion): Value {
  const [left, right] = inputs as [Value, Value];
  const layout = 'name' in left ? left.layout : tensorOf(right).layout;
  const names = [left, right].map((value) => operand(graph, value, layout));
  return { name: graph.node(operator, names), layout };
}

function activation(graph: GraphBuilder, kind: string, from: Tensor, slope?: Value): Tensor {
  const { layout } = from;
  if (kind === 'Relu' || kind === 'Sigmoid') return { name: graph.node(kind, [from.name]), layout };
  if (kind !== 'Prelu' || !slope) throw new Error(`no conversion for activation ${kind}`);
  return { name: graph.node('PRelu', [from.name, operand(graph, slope, layout)]), layout };
}

/** Bias and activation that TensorFlow.js folded into a node, in the order of its inputs. */
function fusedOf(node: GraphNode, inputs: readonly Value[]) {
  const fused = (node.attr?.fused_ops?.list?.s ?? []).map(fromBase64);
  const biased = fused[0] === 'BiasAdd';
  const then = fused[biased ? 1 : 0];
  return {
    bias: biased ? constantOf(inputs[2]!) : undefined,
    then,
    slope: then === 'Prelu' ? inputs[biased ? 3 : 2] : undefined,
  };
}

/** The name of an operand; a constant is laid out to broadcast against the other side. */
function operand(graph: GraphBuilder, value: Value, layout: Layout): string {
  if ('name' in value) return value.name;
  const { shape, data } = value.constant;
  const floats = Float32Array.from(data);
  if (layout === 'last' || data.length === 1) return graph.floats(floats, shape);
  const perChannel = shape.at(-1) === data.length;
  if (perChannel) return graph.floats(floats, [data.length, 1, 1]);
  const turned = permute(value.constant, shape.length === 3 ? [2, 0, 1] : CHANNELS_SECOND);
  return graph.floats(turned.data, turned.shape);
}

function channelsLast(graph: GraphBuilder, value: Tensor): Tensor {
  if (value.layout === 'last') return value;
  return { name: graph.node('Transpose', [value.name], { perm: [0, 2, 3, 1] }), layout: 'last' };
}

function paddingOf(node: GraphNode): Record<string, string> {
  const padding = fromBase64(node.attr?.padding?.s ?? '');
  if (padding === 'SAME') return { auto_pad: 'SAME_UPPER' };
  if (padding === 'VALID') return {};
  throw new Error(`no conversion for padding ${padding}`);
}

function tensorOf(value: Value): Tensor {
  if ('name' in value) return value;
  throw new Error('a constant stands where a computed value is needed');
}

function constantOf(value: Value): Weight {
  if ('constant' in value) return value.constant;
  throw new Error('a computed value stands where a constant is needed');
}

const integersOf = (node: GraphNode, name: string): number[] =>
  (node.attr?.[name]?.list?.i ?? []).map(Number);

const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString();
