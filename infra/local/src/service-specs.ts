import { fileURLToPath } from 'node:url';
import { publicJwk } from '@regard/contract';
import type { OwnerUrls } from './migrate.ts';
import type { ServiceSpec } from './processes.ts';
import type { StackSecrets } from './secrets.ts';

/** In the order they are started: whoever takes messages before whoever sends them. */
export const SERVICE_NAMES = [
  'token-service',
  'event-dispatcher',
  'decision-worker',
  'webhook-ingest',
  'verifier',
  'gateway',
] as const;

export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Distance of each port from the port base. */
export const PORT_OFFSETS = {
  gateway: 0,
  verifier: 1,
  'webhook-ingest': 2,
  'decision-worker': 3,
  'event-dispatcher': 4,
  'token-service': 5,
  postgres: 8,
  redis: 9,
} as const;

export interface Surroundings {
  ports: Record<keyof typeof PORT_OFFSETS, number>;
  databaseUrls: OwnerUrls;
  redisUrl: string;
  secrets: StackSecrets;
  /** Added to the environment of one service. */
  extraEnv: Partial<Record<ServiceName, Record<string, string>>>;
}

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export const urlOf = (port: number) => `http://127.0.0.1:${port}`;

/** Every service with the environment it needs, in starting order. */
export function serviceSpecs(surroundings: Surroundings): ServiceSpec[] {
  const environments = environmentsOf(surroundings);
  return SERVICE_NAMES.map((name) => ({
    name,
    entry: `services/${name}/src/main.ts`,
    port: surroundings.ports[name],
    env: {
      LOG_LEVEL: process.env.LOG_LEVEL || 'info',
      REGARD_MODE: 'development',
      REDIS_URL: surroundings.redisUrl,
      ...environments[name],
      ...surroundings.extraEnv[name],
    },
  }));
}

function environmentsOf({
  ports,
  databaseUrls,
  secrets,
}: Surroundings): Record<ServiceName, Record<string, string>> {
  return {
    gateway: {
      DATABASE_URL: databaseUrls.reauth,
      PUBLIC_URL: urlOf(ports.gateway),
      VERIFICATION_PROVIDER_URL: urlOf(ports.verifier),
      VERIFICATION_PROVIDER_KEY: secrets.providerKey,
      SESSION_LINK_SECRET: secrets.sessionLinkSecret,
      APPROVAL_SIGNING_KEY: JSON.stringify(secrets.approvalSigningKey),
      DESTINATION_SECRETS_KEY: secrets.destinationSecretsKey,
      TOR_EXIT_LIST: pathOf('../networks/tor-exits.txt'),
      VPN_LIST: pathOf('../networks/vpn-ranges.txt'),
      TRUST_PROXY: 'false',
    },
    verifier: {
      DATABASE_URL: databaseUrls.biometrics,
      PUBLIC_URL: urlOf(ports.verifier),
      VERIFIER_API_KEYS: secrets.providerKey,
      WEBHOOK_URL: `${urlOf(ports['webhook-ingest'])}/webhooks/verdicts`,
      WEBHOOK_SECRET: secrets.ingestSecret,
      TEMPLATE_KEY: secrets.templateKey,
      DANGEROUS_TEST_CALIBRATION: pathOf('../../../packages/testkit/src/drawn-calibration.json'),
    },
    'webhook-ingest': { VERIFICATION_PROVIDER_SECRET: secrets.ingestSecret },
    'decision-worker': {
      DATABASE_URL: databaseUrls.reauth,
      PUBLIC_GATEWAY_URL: urlOf(ports.gateway),
      SESSION_LINK_SECRET: secrets.sessionLinkSecret,
    },
    'event-dispatcher': {
      DATABASE_URL: databaseUrls.reauth,
      DESTINATION_SECRETS_KEY: secrets.destinationSecretsKey,
      DANGEROUS_ALLOW_PRIVATE_DESTINATIONS: 'true',
    },
    'token-service': {
      DATABASE_URL: databaseUrls.tokens,
      PUBLIC_URL: urlOf(ports['token-service']),
      APPROVAL_KEYS: JSON.stringify({ keys: [publicJwk(secrets.approvalSigningKey)] }),
      TOKEN_SIGNING_KEY: JSON.stringify(secrets.tokenSigningKey),
    },
  };
}
