/** One thing a service cannot work without: throws or rejects while it is away. */
export interface ReadinessCheck {
  name: string;
  check: () => Promise<void>;
}

export interface Readiness {
  ready: boolean;
  /** Name of each check to `ok` or the kind of its failure. */
  checks: Record<string, string>;
}

/** A probe that hangs tells as little as none, so each check has this long. */
const CHECK_TIMEOUT_MS = 1000;

/** Runs all checks side by side, each bounded in time. */
export async function checkReadiness(checks: readonly ReadinessCheck[]): Promise<Readiness> {
  const results = await Promise.all(
    checks.map(async ({ name, check }) => [name, await outcomeOf(check)] as const),
  );
  return {
    ready: results.every(([, result]) => result === 'ok'),
    checks: Object.fromEntries(results),
  };
}

async function outcomeOf(check: () => Promise<void>): Promise<string> {
  const timeout = Promise.withResolvers<string>();
  const timer = setTimeout(() => timeout.resolve('timeout'), CHECK_TIMEOUT_MS);
  try {
    return await Promise.race([check().then(() => 'ok'), timeout.promise]);
  } catch (error) {
    return error instanceof Error ? error.name : 'failed';
  } finally {
    clearTimeout(timer);
  }
}
