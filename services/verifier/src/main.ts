import { availableParallelism } from 'node:os';
import { createFacePool } from '@regard/face';
import {
  connectRedis,
  createDatabase,
  createLogger,
  createPool,
  loadConfig,
  postgresCheck,
  runService,
} from '@regard/service-kit';
import { buildVerifier } from './app.ts';
import { loadCalibrations } from './calibrations.ts';
import { configSchema } from './config.ts';
import { createOutcomeHub } from './outcome-hub.ts';
import type { BiometricsSchema } from './schema.ts';

await runService(async () => {
  const config = loadConfig(configSchema);
  const calibrations = await loadCalibrations(config);
  const logger = createLogger('verifier', config.LOG_LEVEL);
  const pool = createPool(config.DATABASE_URL, { applicationName: 'regard-verifier', logger });
  const db = createDatabase<BiometricsSchema>(pool);
  const outcomes = createOutcomeHub(connectRedis(config.REDIS_URL, 'patient', logger), logger);
  const face = await createFacePool({ workers: config.FACE_WORKERS ?? availableParallelism() });
  const verifier = buildVerifier({
    logger,
    db,
    face,
    poolStats: face.stats,
    calibrations,
    outcomes,
    templateKey: config.TEMPLATE_KEY,
    publicUrl: config.PUBLIC_URL,
    apiKeys: config.VERIFIER_API_KEYS,
    webhook: { url: config.WEBHOOK_URL, secret: config.WEBHOOK_SECRET },
    // Without Redis captures go on; a waiting page then leaves for the gateway's, which asks Postgres.
    readiness: [postgresCheck(pool), faceCheck(face)],
    trustProxy: config.TRUST_PROXY,
  });
  verifier.start();
  return {
    app: verifier.app,
    logger,
    host: config.HOST,
    port: config.PORT,
    resources: [
      { name: 'postgres', close: () => db.destroy() },
      { name: 'outcomes', close: outcomes.close },
      { name: 'face', close: face.close },
      { name: 'verifier', close: verifier.close },
    ],
  };
});

function faceCheck(face: Awaited<ReturnType<typeof createFacePool>>) {
  return {
    name: 'face',
    check: async () => {
      if (face.stats().workers === 0) throw new Error('No face worker is running');
    },
  };
}
