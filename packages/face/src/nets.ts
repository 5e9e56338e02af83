// The five nets, converted to ONNX in memory at start-up (about a second) and ready to run.
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { dlibToOnnx } from './dlib-to-onnx.ts';
import { type GraphNode, graphToOnnx } from './graph-to-onnx.ts';
import { readWeightFile } from './weight-files.ts';
import { decodeWeights, type WeightGroup } from './weights.ts';

const GRAPH_NETS = {
  /** Face boxes with six points each, in two grids of anchors. */
  blazeface: {
    inputShape: [1, 256, 256, 3],
    outputs: {
      scoresFine: 'Identity',
      boxesFine: 'Identity_2',
      scoresCoarse: 'Identity_1',
      boxesCoarse: 'Identity_3',
    },
  },
  /** 468 face points in three dimensions, and whether they lie on a face. */
  facemesh: {
    inputShape: [1, 192, 192, 3],
    outputs: { points: 'Identity_2', faceFlag: 'Identity_1' },
  },
  /** A 1024-number description of a face. Its age and sex outputs are left out of the model. */
  faceres: { inputShape: [1, 224, 224, 3], outputs: { embedding: 'global_pooling/Mean' } },
  /** Live or not, as a pair of shares. */
  liveness: { inputShape: [1, 32, 32, 3], outputs: { shares: 'Identity' } },
} as const;

type GraphNet = keyof typeof GRAPH_NETS;
export type NetName = GraphNet | 'dlib';
type OutputOf<N extends NetName> = N extends GraphNet
  ? keyof (typeof GRAPH_NETS)[N]['outputs']
  : 'embedding';

export interface Nets {
  /** SHA-256 over all model bytes, hex. */
  hash: string;
  /** Runs a net on channels-last pixels; the input is of the net's fixed shape. */
  run<N extends NetName>(net: N, pixels: Float32Array): Promise<Record<OutputOf<N>, Float32Array>>;
}

/**
 * Reads, checks and converts all weights and opens one session a net.
 * @throws Error when a weight file is missing or not the pinned one
 */
export async function loadNets(): Promise<Nets> {
  const models = new Map<NetName, Buffer>();
  for (const name of Object.keys(GRAPH_NETS) as GraphNet[]) models.set(name, await convert(name));
  models.set('dlib', await convertDlib());

  const hash = createHash('sha256');
  const sessions = new Map<NetName, InferenceSession>();
  for (const [name, model] of models) {
    hash.update(model);
    sessions.set(name, await InferenceSession.create(model, SESSION_OPTIONS));
  }
  return {
    hash: hash.digest('hex'),
    async run(net, pixels) {
      const session = sessions.get(net)!;
      const input = new Tensor('float32', pixels, inputShapeOf(net));
      const results = await session.run({ input });
      const outputs: Record<string, Float32Array> = {};
      for (const [name, tensor] of Object.entries(results)) {
        outputs[name] = tensor.data as Float32Array;
      }
      return outputs as Record<OutputOf<typeof net>, Float32Array>;
    },
  };
}

// One thread a session: more of them wait in busy loops and make a loaded machine three times
// slower. Use more cores with more workers (createFacePool).
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
};

const inputShapeOf = (net: NetName): readonly number[] =>
  net === 'dlib' ? [1, 150, 150, 3] : GRAPH_NETS[net].inputShape;

async function convert(name: GraphNet): Promise<Buffer> {
  const description = await readWeightFile('@vladmandic/human', `models/${name}.json`);
  const blob = await readWeightFile('@vladmandic/human', `models/${name}.bin`);
  const { modelTopology, weightsManifest } = JSON.parse(description.toString()) as {
    modelTopology: { node: GraphNode[] };
    weightsManifest: WeightGroup[];
  };
  return graphToOnnx({
    nodes: modelTopology.node,
    weights: decodeWeights(weightsManifest, blob),
    inputShape: GRAPH_NETS[name].inputShape,
    outputs: new Map(Object.entries(GRAPH_NETS[name].outputs)),
  });
}

async function convertDlib(): Promise<Buffer> {
  const folder = 'model/face_recognition_model';
  const manifest = await readWeightFile('@vladmandic/face-api', `${folder}-weights_manifest.json`);
  const blob = await readWeightFile('@vladmandic/face-api', `${folder}.bin`);
  return dlibToOnnx(decodeWeights(JSON.parse(manifest.toString()) as WeightGroup[], blob));
}
