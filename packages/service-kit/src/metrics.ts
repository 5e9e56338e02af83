import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Bounds in seconds that frame the two-second promise. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

export type Metrics = ReturnType<typeof createMetrics>;

/** A service's metrics: its own registry with the process figures and the makers of more. */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    counter: <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Counter<L>({ name, help, labelNames, registers }),
    gauge: <L extends string>(
      name: string,
      help: string,
      labelNames: readonly L[] = [],
      collect?: () => void | Promise<void>,
    ) => new Gauge<L>({ name, help, labelNames, registers, ...(collect && { collect }) }),
    /** A histogram of durations in seconds. */
    duration: <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Histogram<L>({ name, help, labelNames, buckets: DURATION_BUCKETS, registers }),
  };
}
