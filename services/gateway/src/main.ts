import { isSessionLinkProof, sessionLink } from '@regard/contract';
import {
  connectRedis,
  createDatabase,
  createLogger,
  createPool,
  loadConfig,
  postgresCheck,
  runService,
} from '@regard/service-kit';
import type { ReauthSchema } from '@regard/store';
import { buildGateway } from './app.ts';
import { createApprovalSigner } from './approval-signer.ts';
import { configSchema } from './config.ts';
import { loadNetworks } from './networks.ts';
import { createOutcomeWaiter } from './outcome-waiter.ts';
import { createProviderClient } from './provider-client.ts';

await runService(async () => {
  const config = loadConfig(configSchema);
  const logger = createLogger('gateway', config.LOG_LEVEL);
  const pool = createPool(config.DATABASE_URL, { applicationName: 'regard-gateway', logger });
  const db = createDatabase<ReauthSchema>(pool);
  const redis = connectRedis(config.REDIS_URL, 'fail-fast', logger);
  const outcomes = createOutcomeWaiter(connectRedis(config.REDIS_URL, 'patient', logger), logger);
  const provider = createProviderClient(
    config.VERIFICATION_PROVIDER_URL,
    config.VERIFICATION_PROVIDER_KEY,
  );
  const networks = await loadNetworks({ tor: config.TOR_EXIT_LIST, vpn: config.VPN_LIST }, logger);
  const app = await buildGateway({
    logger,
    redis,
    trustProxy: config.TRUST_PROXY,
    createsPerMinute: config.SESSION_CREATES_PER_MINUTE,
    readiness: [postgresCheck(pool)],
    context: {
      db,
      provider,
      outcomes,
      networkOf: networks.networkOf,
      linkOf: (id) => sessionLink(config.PUBLIC_URL, id, config.SESSION_LINK_SECRET),
      isLinkProof: (id, proof) => isSessionLinkProof(id, proof, config.SESSION_LINK_SECRET),
      signApproval: await createApprovalSigner(config.APPROVAL_SIGNING_KEY),
      publicUrl: config.PUBLIC_URL,
      now: () => new Date(),
    },
  });
  return {
    app,
    logger,
    host: config.HOST,
    port: config.PORT,
    resources: [
      { name: 'postgres', close: () => db.destroy() },
      { name: 'redis', close: async () => redis.disconnect() },
      { name: 'provider', close: provider.close },
      { name: 'outcomes', close: outcomes.close },
      { name: 'networks', close: async () => networks.close() },
    ],
  };
});
