import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { type GraphNode, graphToOnnx } from '../src/graph-to-onnx.ts';
import type { Weight } from '../src/weights.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const list = (values: number[]) => ({ list: { i: values.map(String) } });
const floats = (shape: number[], data: number[]): Weight => ({
  shape,
  data: Float32Array.from(data),
});

/** Adds the constants, converts, and runs on an image of 1 by 2 by 2 by `channels`. */
async function run(
  nodes: GraphNode[],
  constants: Record<string, Weight>,
  output: string,
  image: number[],
): Promise<number[]> {
  const inputShape = [1, 2, 2, image.length / 4];
  const model = graphToOnnx({
    nodes: [
      { name: 'image', op: 'Placeholder' },
      ...Object.keys(constants).map((name) => ({ name, op: 'Const' })),
      ...nodes,
    ],
    weights: new Map(Object.entries(constants)),
    inputShape,
    outputs: new Map([['y', output]]),
  });
  const session = await InferenceSession.create(model);
  const { y } = await session.run({
    input: new Tensor('float32', Float32Array.from(image), inputShape),
  });
  return [...((y as Tensor).data as Float32Array)];
}

const convolution = (name: string, op: string, input: string[], fused: string[] = []) => ({
  name,
  op,
  input,
  attr: {
    strides: list([1, 1, 1, 1]),
    padding: { s: base64('SAME') },
    fused_ops: { list: { s: fused.map(base64) } },
  },
});

describe('a TensorFlow.js graph as ONNX', () => {
  it('mixes channels, adds the bias and the activation, and answers channels last', async () => {
    const y = await run(
      [convolution('c', '_FusedConv2D', ['image', 'w', 'b'], ['BiasAdd', 'Relu'])],
      // First output: sum of both channels. Second: first less second, and one less.
      { w: floats([1, 1, 2, 2], [1, 1, 1, -1]), b: floats([2], [0, -1]) },
      'c',
      [1, 2, 3, 4, 9, 6, 7, 8],
    );
    expect(y).toEqual([3, 0, 7, 0, 15, 2, 15, 0]);
  });

  it('filters each channel by its own kernel and pads at the end first, as TensorFlow does', async () => {
    const y = await run(
      [convolution('c', 'DepthwiseConv2dNative', ['image', 'w'])],
      // A 2x2 kernel: the pixel itself, and ten times the one below and right of it.
      { w: floats([2, 2, 1, 1], [1, 0, 0, 10]) },
      'c',
      [1, 2, 3, 4],
    );
    expect(y).toEqual([41, 2, 3, 4]);
  });

  it('flattens in TensorFlow order before a matrix product', async () => {
    const y = await run(
      [
        { name: 'flat', op: 'Reshape', input: ['image', 'shape'] },
        { name: 'm', op: '_FusedMatMul', input: ['flat', 'w'], attr: {} },
      ],
      {
        shape: { shape: [2], data: Int32Array.from([1, 8]) },
        w: floats([8, 1], [1, 10, 100, 1000, 0, 0, 0, 0]),
      },
      'm',
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    expect(y).toEqual([4321]);
  });

  it('bounds, pads, pools and averages over the right axes', async () => {
    const bounded: GraphNode[] = [
      { name: 'min', op: 'Minimum', input: ['image', 'six'] },
      { name: 'bounded', op: 'Maximum', input: ['min', 'zero'] },
    ];
    const constants = {
      six: floats([], [6]),
      zero: floats([], [0]),
      paddings: { shape: [4, 2], data: Int32Array.from([0, 0, 0, 0, 0, 0, 0, 1]) },
      axes: { shape: [2], data: Int32Array.from([1, 2]) },
    };
    const image = [-5, 1, 2, 9];
    expect(await run(bounded, constants, 'bounded', image)).toEqual([0, 1, 2, 6]);
    // One more channel of zeros.
    const padded: GraphNode = { name: 'pad', op: 'Pad', input: ['bounded', 'paddings'] };
    expect(await run([...bounded, padded], constants, 'pad', image)).toEqual([
      0, 0, 1, 0, 2, 0, 6, 0,
    ]);
    const averaged: GraphNode = { name: 'mean', op: 'Mean', input: ['pad', 'axes'] };
    expect(await run([...bounded, padded, averaged], constants, 'mean', image)).toEqual([2.25, 0]);
    const pooled: GraphNode = {
      name: 'pool',
      op: 'MaxPool',
      input: ['image'],
      attr: {
        ksize: list([1, 2, 2, 1]),
        strides: list([1, 2, 2, 1]),
        padding: { s: base64('VALID') },
      },
    };
    expect(await run([pooled], {}, 'pool', image)).toEqual([9]);
  });

  it('scales negative numbers by the slope of their channel', async () => {
    const y = await run(
      [{ name: 'p', op: 'Prelu', input: ['image', 'slopes'] }],
      { slopes: floats([1, 1, 2], [0.5, 10]) },
      'p',
      [-2, -2, 2, 2, -4, -1, 0, 1],
    );
    expect(y).toEqual([-1, -20, 2, 2, -2, -10, 0, 1]);
  });

  it('is refused when it holds an operator that was not foreseen', async () => {
    const unknown = run([{ name: 'z', op: 'Unheard', input: ['image'] }], {}, 'z', [1, 2, 3, 4]);
    await expect(unknown).rejects.toThrow('Unheard');
  });
});
