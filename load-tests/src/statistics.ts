/** The value below which this share (0-1) of the numbers lies; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export interface Summary {
  p50: number;
  p95: number;
  p99: number;
  mean: number;
  max: number;
}

/** Rounded to tenths, in the unit of the values. */
export function summarise(values: readonly number[]): Summary {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    p50: tenths(percentile(values, 0.5)),
    p95: tenths(percentile(values, 0.95)),
    p99: tenths(percentile(values, 0.99)),
    mean: tenths(mean),
    max: tenths(Math.max(...values)),
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
