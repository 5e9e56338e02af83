// One worker of the pool: an engine of its own, one picture at a time.
import { parentPort, workerData } from 'node:worker_threads';
import type { FaceAnalysis } from './analysis.ts';
import { type AnalyzeOptions, createFaceEngine, type FaceEngineOptions } from './engine.ts';

export interface WorkerRequest {
  image: Uint8Array;
  options: AnalyzeOptions;
}

export type WorkerAnswer =
  | { kind: 'ready'; engineId: string }
  | { kind: 'analysed'; analysis: FaceAnalysis }
  | { kind: 'failed'; message: string };

if (parentPort === null) throw new Error('This file runs as a worker of the face pool');
const port = parentPort;
const engine = await createFaceEngine(workerData as FaceEngineOptions);
const answer = (message: WorkerAnswer) => port.postMessage(message);

port.on('message', async ({ image, options }: WorkerRequest) => {
  try {
    answer({ kind: 'analysed', analysis: await engine.analyze(image, options) });
  } catch (error) {
    answer({ kind: 'failed', message: (error as Error).message });
  } finally {
    // This copy of the picture is ours alone.
    image.fill(0);
  }
});
answer({ kind: 'ready', engineId: engine.id });
