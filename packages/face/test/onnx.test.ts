import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { createGraph } from '../src/onnx-writer.ts';
import { assertPinned } from '../src/weight-files.ts';
import { decodeWeights, permute } from '../src/weights.ts';

async function run(model: Buffer, input: number[], shape: number[]): Promise<number[]> {
  const session = await InferenceSession.create(model);
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(input), shape) });
  return [...((y as Tensor).data as Float32Array)];
}

describe('the ONNX writer', () => {
  it('writes models that the runtime computes as meant', async () => {
    const graph = createGraph();
    const x = graph.input('x', [1, 1, 3, 3]);
    const kernel = graph.floats(Float32Array.from([1, 0, 0, -1]), [1, 1, 2, 2]);
    const bias = graph.floats(Float32Array.from([10]), [1]);
    const convolved = graph.node('Conv', [x, kernel, bias], { kernel_shape: [2, 2] });
    graph.output('y', graph.node('Relu', [convolved]));
    const y = await run(graph.encode(), [1, 2, 3, 4, 5, 6, 7, 8, 30], [1, 1, 3, 3]);
    // Each pixel less the one below and right of it, plus 10, never negative.
    expect(y).toEqual([6, 6, 6, 0]);
  });

  it('writes whole numbers, lists and left-out inputs', async () => {
    const graph = createGraph();
    const x = graph.input('x', [2, 2]);
    const turned = graph.node('Transpose', [x], { perm: [1, 0] });
    const most = graph.floats(Float32Array.from([3]), []);
    const clipped = graph.node('Clip', [turned, '', most]);
    graph.output('y', graph.node('Reshape', [clipped, graph.integers([4])]));
    expect(await run(graph.encode(), [1, 2, 5, 4], [2, 2])).toEqual([1, 3, 2, 3]);
  });
});

describe('weights', () => {
  it('are read from their packed forms', () => {
    const blob = Buffer.alloc(4 + 2 + 4);
    blob.writeFloatLE(1.5, 0);
    blob.set([0, 255], 4);
    blob.writeUInt16LE(0x3c00, 6);
    blob.writeUInt16LE(0xc000, 8);
    const weights = decodeWeights(
      [
        {
          paths: ['w'],
          weights: [
            { name: 'plain', shape: [1], dtype: 'float32' },
            {
              name: 'bytes',
              shape: [2],
              dtype: 'float32',
              quantization: { dtype: 'uint8', scale: 0.5, min: -10 },
            },
            {
              name: 'halves',
              shape: [2],
              dtype: 'float32',
              quantization: { dtype: 'float16' },
            },
          ],
        },
      ] as never,
      blob,
    );
    const values = (name: string) => [...(weights.get(name)?.data ?? [])];
    expect(values('plain')).toEqual([1.5]);
    expect(values('bytes')).toEqual([-10, 117.5]);
    expect(values('halves')).toEqual([1, -2]);
  });

  it('change their order of axes', () => {
    const { data, shape } = permute(
      { shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) } as never,
      [1, 0],
    );
    expect([...data]).toEqual([1, 4, 2, 5, 3, 6]);
    expect(shape).toEqual([3, 2]);
  });

  it('are refused when they are not the pinned ones', () => {
    expect(() => assertPinned(Buffer.from('other'), '00'.repeat(32), 'net.bin')).toThrow('net.bin');
  });
});
