import type { Metrics } from '@regard/service-kit';
import { countUnsentEvents } from './event-store.ts';
import type { Database } from './schema.ts';

/** How busy the face workers are. */
export interface PoolStats {
  busy: number;
  queued: number;
  workers: number;
}

export type CaptureMetrics = ReturnType<typeof createVerifierMetrics>;

/** The verifier's figures. Labels are stages, outcomes and reasons, never a person or a session. */
export function createVerifierMetrics(metrics: Metrics, db: Database, poolStats: () => PoolStats) {
  type Collector = { set: (value: number) => void };
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    metrics.gauge(name, help, [], async function collect(this: Collector) {
      this.set(await read());
    });
  gauge('unsent_events', 'Webhooks not acknowledged yet.', () => countUnsentEvents(db));
  gauge('face_workers_busy', 'Face workers at work.', () => poolStats().busy);
  gauge('face_jobs_queued', 'Frames waiting for a face worker.', () => poolStats().queued);

  const stages = metrics.duration('face_stage_seconds', 'Time of each stage of the face engine.', [
    'stage',
  ]);
  const captures = metrics.counter('captures_total', 'Frames by what became of them.', [
    'outcome',
    'reason',
  ]);
  return {
    observeStages: (timings: Readonly<Record<string, number>>) => {
      for (const [stage, ms] of Object.entries(timings)) stages.observe({ stage }, ms / 1000);
    },
    countCapture: (outcome: string, reason: string) => captures.inc({ outcome, reason }),
  };
}
