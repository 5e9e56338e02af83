// Writes dlib's face recognition ResNet as ONNX. Its weights come without a graph, so the fixed
// architecture (dlib's dnn_face_recognition example) is spelled out here.
import { createGraph, type GraphBuilder } from './onnx-writer.ts';
import { permute, type Weights, weightOf } from './weights.ts';

/** Side of the aligned face the net wants, pixels. */
export const DLIB_INPUT_SIZE = 150;

interface Layer {
  value: string;
  channels: number;
  size: number;
}

/** Input `input` 1x150x150x3 (channels last), output `embedding` 1x128, not normalised. */
export function dlibToOnnx(weights: Weights): Buffer {
  const graph = createGraph();
  const image = graph.input('input', [1, DLIB_INPUT_SIZE, DLIB_INPUT_SIZE, 3]);
  const first = convolve(graph, weights, 'conv32_down', {
    from: graph.node('Transpose', [image], { perm: [0, 3, 1, 2] }),
    stride: 2,
    padded: false,
  });
  const pooling = { kernel_shape: [3, 3], strides: [2, 2] };
  let layer: Layer = {
    value: graph.node('MaxPool', [graph.node('Relu', [first])], pooling),
    channels: 32,
    size: halved(halved(DLIB_INPUT_SIZE, 7), 3),
  };
  const repeat = (names: string[]) => {
    for (const name of names) layer = residual(graph, weights, name, layer);
  };
  repeat(['conv32_1', 'conv32_2', 'conv32_3']);
  layer = shrink(graph, weights, 'conv64_down', layer);
  repeat(['conv64_1', 'conv64_2', 'conv64_3']);
  layer = shrink(graph, weights, 'conv128_down', layer);
  repeat(['conv128_1', 'conv128_2']);
  layer = shrink(graph, weights, 'conv256_down', layer);
  repeat(['conv256_1', 'conv256_2']);
  layer = shrink(graph, weights, 'conv256_down_out', layer);

  const pooled = graph.node('ReduceMean', [layer.value], { axes: [2, 3], keepdims: 0 });
  const dense = weightOf(weights, 'fc');
  const matrix = graph.floats(Float32Array.from(dense.data), dense.shape);
  graph.output('embedding', graph.node('MatMul', [pooled, matrix]));
  return graph.encode();
}

/** Two convolutions beside a straight path. */
function residual(graph: GraphBuilder, weights: Weights, name: string, layer: Layer): Layer {
  const inner = convolve(graph, weights, `${name}/conv1`, { from: layer.value });
  const activated = graph.node('Relu', [inner]);
  const outer = convolve(graph, weights, `${name}/conv2`, { from: activated });
  const sum = graph.node('Add', [outer, layer.value]);
  return { ...layer, value: graph.node('Relu', [sum]) };
}

/** The same at half the size; the straight path is averaged, and zeros fill what it lacks. */
function shrink(graph: GraphBuilder, weights: Weights, name: string, layer: Layer): Layer {
  const first = { from: layer.value, stride: 2, padded: false };
  const inner = graph.node('Relu', [convolve(graph, weights, `${name}/conv1`, first)]);
  let outer = convolve(graph, weights, `${name}/conv2`, { from: inner });
  const averaging = { kernel_shape: [2, 2], strides: [2, 2] };
  let straight = graph.node('AveragePool', [layer.value], averaging);
  const size = halved(layer.size, 2);
  const missing = size - halved(layer.size, 3);
  const channels = weightOf(weights, `${name}/conv1/conv/filters`).shape[3]!;
  if (missing > 0) outer = padEnd(graph, outer, [0, 0, missing, missing]);
  if (channels > layer.channels) {
    straight = padEnd(graph, straight, [0, channels - layer.channels, 0, 0]);
  }
  return { value: graph.node('Relu', [graph.node('Add', [straight, outer])]), channels, size };
}

const halved = (size: number, kernel: number): number => Math.floor((size - kernel) / 2) + 1;

const padEnd = (graph: GraphBuilder, value: string, ends: number[]): string =>
  graph.node('Pad', [value, graph.integers([0, 0, 0, 0, ...ends])]);

/** A convolution with the net's scale layer after it folded into filters and bias. */
function convolve(
  graph: GraphBuilder,
  weights: Weights,
  name: string,
  { from, stride = 1, padded = true }: { from: string; stride?: number; padded?: boolean },
): string {
  const filters = permute(weightOf(weights, `${name}/conv/filters`), [3, 2, 0, 1]);
  const bias = weightOf(weights, `${name}/conv/bias`).data;
  const scale = weightOf(weights, `${name}/scale/weights`).data;
  const shift = weightOf(weights, `${name}/scale/biases`).data;
  const perChannel = filters.data.length / bias.length;
  const data = filters.data.map((value, i) => value * scale[Math.floor(i / perChannel)]!);
  const folded = Float32Array.from(bias, (value, c) => value * scale[c]! + shift[c]!);
  return graph.node(
    'Conv',
    [from, graph.floats(data, filters.shape), graph.floats(folded, [folded.length])],
    {
      strides: [stride, stride],
      kernel_shape: filters.shape.slice(2),
      ...(padded ? { auto_pad: 'SAME_UPPER' } : {}),
    },
  );
}
