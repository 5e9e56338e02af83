import { readFile } from 'node:fs/promises';
import { parseCalibration, productionCalibration } from '@regard/face';
import { ConfigError } from '@regard/service-kit';
import type { Config } from './config.ts';
import type { Calibrations } from './context.ts';

/**
 * The calibrations this deployment scores with.
 *
 * @throws ConfigError when a production deployment would score by a test calibration, or the file
 *   of the test calibration is none
 */
export async function loadCalibrations(
  config: Pick<Config, 'REGARD_MODE' | 'DANGEROUS_TEST_CALIBRATION'>,
): Promise<Calibrations> {
  const path = config.DANGEROUS_TEST_CALIBRATION;
  const calibrations: Calibrations = {
    production: productionCalibration,
    ...(path !== undefined && { test: await readCalibration(path) }),
  };
  const doubtful = Object.values(calibrations).some(({ production }) => !production);
  if (config.REGARD_MODE === 'production' && doubtful) {
    throw new ConfigError('A test calibration must not be used in production.');
  }
  return calibrations;
}

async function readCalibration(path: string) {
  try {
    return parseCalibration(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`DANGEROUS_TEST_CALIBRATION: ${reason}`);
  }
}
