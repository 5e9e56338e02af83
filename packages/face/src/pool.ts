// Engines in worker threads, one a core, behind a bounded queue.
import { Worker } from 'node:worker_threads';
import type { FaceAnalysis } from './analysis.ts';
import type { AnalyzeOptions, FaceEngine, FaceEngineOptions } from './engine.ts';
import type { WorkerAnswer, WorkerRequest } from './pool-worker.ts';

/** Every worker is busy and the queue is full. */
export class FaceBusyError extends Error {
  override name = 'FaceBusyError';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('All face workers are busy');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface FacePoolOptions extends FaceEngineOptions {
  workers: number;
  /** Pictures that may wait for each worker; more are refused at once. Default 8. */
  queueLimitPerWorker?: number;
}

export interface FacePool extends FaceEngine {
  /** Pictures under way and waiting, and workers that can take one. */
  stats: () => { busy: number; queued: number; workers: number };
  /** Ends the workers; pictures under way are rejected. */
  close: () => Promise<void>;
}

interface Job {
  image: Uint8Array;
  options: AnalyzeOptions;
  resolve: (analysis: FaceAnalysis) => void;
  reject: (error: Error) => void;
}

interface Slot {
  worker: Worker;
  job: Job | null;
}

/** A waiting picture is served within this, at 50 ms each and 8 in front. */
const RETRY_AFTER_SECONDS = 1;
/** A worker that could not be started, for want of memory perhaps, is tried again after this. */
const RESTORE_PAUSE_MS = 1000;

/**
 * The engine over worker threads: the same interface, on as many cores as there are workers. One
 * that dies is replaced; its picture is rejected, since it may be what killed it.
 * @throws Error when an engine cannot be made
 */
export async function createFacePool(options: FacePoolOptions): Promise<FacePool> {
  const { workers: count, queueLimitPerWorker = 8, ...engineOptions } = options;
  const limit = count * queueLimitPerWorker;
  const slots = new Set<Slot>();
  const queue: Job[] = [];
  let closed = false;

  async function addWorker(): Promise<string> {
    const { worker, engineId } = await startWorker(engineOptions);
    if (closed) {
      await worker.terminate();
      return engineId;
    }
    const slot: Slot = { worker, job: null };
    worker.on('message', (answer: WorkerAnswer) => finish(slot, answer));
    worker.once('exit', () => replace(slot));
    slots.add(slot);
    giveWork(slot);
    return engineId;
  }

  function replace(slot: Slot): void {
    slots.delete(slot);
    slot.job?.reject(new Error('The face worker died on this picture'));
    restore();
  }

  /** Until a worker stands in for the one that died; `stats` tells how many there are meanwhile. */
  function restore(): void {
    if (closed) return;
    addWorker().catch(() => setTimeout(restore, RESTORE_PAUSE_MS).unref());
  }

  function finish(slot: Slot, answer: WorkerAnswer): void {
    const { job } = slot;
    if (job === null || answer.kind === 'ready') return;
    slot.job = null;
    if (answer.kind === 'analysed') job.resolve(answer.analysis);
    else job.reject(new Error(answer.message));
    giveWork(slot);
  }

  function giveWork(slot: Slot): void {
    const job = queue.shift();
    if (job === undefined) return;
    slot.job = job;
    const { image, options: how } = job;
    // A copy of its own, handed over: the caller's bytes stay the caller's to wipe.
    const copy = Uint8Array.from(image);
    const request: WorkerRequest = { image: copy, options: how };
    slot.worker.postMessage(request, [copy.buffer]);
  }

  const ids = await Promise.all(Array.from({ length: count }, addWorker));
  return {
    id: ids[0] ?? '',
    analyze: (image, how = {}) => {
      if (closed) return Promise.reject(new Error('The face pool is closed'));
      if (queue.length >= limit) return Promise.reject(new FaceBusyError(RETRY_AFTER_SECONDS));
      return new Promise((resolve, reject) => {
        queue.push({ image, options: how, resolve, reject });
        for (const slot of slots) if (slot.job === null) giveWork(slot);
      });
    },
    stats: () => ({
      busy: [...slots].filter(({ job }) => job !== null).length,
      queued: queue.length,
      workers: slots.size,
    }),
    close: async () => {
      closed = true;
      for (const { reject } of queue.splice(0)) reject(new Error('The face pool is closed'));
      await Promise.all([...slots].map(({ worker }) => worker.terminate()));
    },
  };
}

function startWorker(options: FaceEngineOptions): Promise<{ worker: Worker; engineId: string }> {
  const worker = new Worker(new URL('./pool-worker.ts', import.meta.url), { workerData: options });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The face worker ended before it was ready')));
    worker.once('message', (answer: WorkerAnswer) => {
      if (answer.kind !== 'ready') return;
      worker.off('error', reject);
      // Whatever ends it later is seen at its exit.
      worker.on('error', () => undefined);
      resolve({ worker, engineId: answer.engineId });
    });
  });
}
