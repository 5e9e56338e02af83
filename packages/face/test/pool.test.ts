import type { Worker } from 'node:worker_threads';
import { reshoot, samplePeople } from '@regard/testkit/photos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFacePool, FaceBusyError, type FacePool } from '../src/index.ts';

let pool: FacePool;
let image: Buffer;

beforeAll(async () => {
  const [person] = await samplePeople();
  image = await reshoot(person!.portrait, { seed: 1 });
  pool = await createFacePool({ workers: 1, queueLimitPerWorker: 2 });
}, 60_000);

afterAll(() => pool.close());

describe('the pool', () => {
  it('answers as an engine does, and leaves the picture to its owner', async () => {
    const before = Buffer.from(image);
    const analysis = await pool.analyze(image);
    expect(analysis).toMatchObject({ ok: true });
    expect(analysis.ok && analysis.embedding).toHaveLength(1152);
    expect(image.equals(before)).toBe(true);
    expect(pool.id).toMatch(/^[0-9a-f]{64}$/);
  });

  it('takes as many as may wait and refuses the rest at once', async () => {
    const all = Array.from({ length: 6 }, () => pool.analyze(image));
    expect(pool.stats()).toEqual({ busy: 1, queued: 2, workers: 1 });
    const results = await Promise.allSettled(all);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(3);
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(FaceBusyError);
      expect((reason as FaceBusyError).retryAfterSeconds).toBeGreaterThan(0);
    }
    expect(pool.stats()).toEqual({ busy: 0, queued: 0, workers: 1 });
  });

  it('replaces a worker that dies, and rejects the picture it died on', async () => {
    const workers: Worker[] = [];
    const note = (worker: Worker) => void workers.push(worker);
    process.on('worker', note);
    const own = await createFacePool({ workers: 1 });
    const [first, second] = [own.analyze(image), own.analyze(image)];
    await workers[0]?.terminate();
    await expect(first).rejects.toThrow('died');
    await expect(second).resolves.toMatchObject({ ok: true });
    expect(own.stats().workers).toBe(1);
    expect(workers).toHaveLength(2);
    process.off('worker', note);
    await own.close();
  });

  it('rejects what waits when it is closed', async () => {
    const own = await createFacePool({ workers: 1 });
    const all = Promise.allSettled([own.analyze(image), own.analyze(image)]);
    await own.close();
    const results = await all;
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(own.analyze(image)).rejects.toThrow('closed');
  });
});
