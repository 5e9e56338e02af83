import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DataServices, startDataServices, stopLeftOverServers } from './data-services.ts';
import { claimFolder } from './folder-claim.ts';
import { createLinePrinter } from './log-line.ts';
import { migrateAll, type OwnerUrls } from './migrate.ts';
import { choosePorts } from './ports.ts';
import { ensureDatabase } from './postgres.ts';
import { createServiceProcess, type ServiceProcess } from './processes.ts';
import { redisSettingFaults } from './redis.ts';
import { keepSecrets, type StackSecrets } from './secrets.ts';
import { type Seeded, seedStack } from './seed.ts';
import {
  PORT_OFFSETS,
  SERVICE_NAMES,
  type ServiceName,
  type Surroundings,
  serviceSpecs,
  urlOf,
} from './service-specs.ts';

export interface StackOptions {
  /** First port; free ones are chosen when it is left out. */
  portBase?: number | undefined;
  /** Takes readable lines: progress, and what the services write. Default: stderr. */
  log?: (line: string) => void;
  /** Where data, secrets and `stack.json` live. Default: `.regard` in the repository. */
  dataDir?: string | undefined;
  /** Added to the environment of a service. */
  extraEnv?: Surroundings['extraEnv'];
  /** Seeds a webhook destination of the sandbox application. */
  destinationUrl?: string | undefined;
}

export interface StackUrls {
  gateway: string;
  verifier: string;
  webhookIngest: string;
  decisionWorker: string;
  eventDispatcher: string;
  tokenService: string;
  /** As a superuser, on the database of Regard. */
  postgres: string;
  redis: string;
}

/** What is written to `stack.json`. */
export interface StackInfo extends Seeded {
  startedAt: string;
  urls: StackUrls;
  apiKey: string;
  /** Where a verification provider posts its verdicts, and what it signs them with. */
  ingest: { url: string; secret: string };
  pids: { launcher: number; data: number[] } & Record<ServiceName, number>;
}

export interface Stack {
  urls: StackUrls;
  info: StackInfo;
  /** To stop, kill and start one service by itself. */
  service: (name: ServiceName) => ServiceProcess;
  /** Stops everything in reverse order; safe to call more than once. */
  stop: () => Promise<void>;
}

const DATABASE = 'regard';

/**
 * Starts the whole system: Postgres and Redis (or those of DATABASE_URL and REDIS_URL), schemas,
 * the sandbox application, the services. Resolves when all of them are ready.
 *
 * @throws with a message for the user; whatever was started is stopped again
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const {
    log = (line: string) => void process.stderr.write(`${line}\n`),
    dataDir = fileURLToPath(new URL('../../../.regard', import.meta.url)),
  } = options;
  const claim = await claimFolder(dataDir);
  // Postgres may run as another account and must get through; what is secret has modes of its own.
  chmodSync(dataDir, 0o711);
  const infoFile = join(dataDir, 'stack.json');
  const undo: (() => unknown)[] = [claim.release, () => rmSync(infoFile, { force: true })];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= runReversed(undo);
    return stopped;
  };
  try {
    const secrets = keepSecrets(join(dataDir, 'secrets.json'));
    await stopLeftOverServers(dataDir);
    const ports = await choosePorts(PORT_OFFSETS, options.portBase);
    const data = await startData(dataDir, ports, secrets, log);
    undo.push(data.stop);
    claim.noteGuard(data.pids[0] as number);
    const { adminUrl, databaseUrls } = await prepareDatabase(data.postgresUrl, secrets);
    const seeded = await seedStack({
      reauthUrl: databaseUrls.reauth,
      tokensUrl: databaseUrls.tokens,
      apiKey: secrets.apiKey,
      destinationSecretsKey: Buffer.from(secrets.destinationSecretsKey, 'base64url'),
      ...(options.destinationUrl && { destinationUrl: options.destinationUrl }),
    });
    const services = createServices(
      {
        ports,
        databaseUrls,
        redisUrl: data.redisUrl,
        secrets,
        extraEnv: options.extraEnv ?? {},
      },
      data,
      log,
    );
    log('Starting the services');
    for (const service of services) undo.push(service.stop);
    await Promise.all(services.map((service) => service.start()));
    const info = describe({ ports, adminUrl, data, seeded, secrets, services });
    writeFileSync(infoFile, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
    chmodSync(infoFile, 0o600);
    const service = (name: ServiceName) => services[SERVICE_NAMES.indexOf(name)] as ServiceProcess;
    return { urls: info.urls, info, service, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function runReversed(steps: readonly (() => unknown)[]): Promise<void> {
  for (const step of [...steps].reverse()) await step();
}

async function startData(
  folder: string,
  ports: Surroundings['ports'],
  secrets: StackSecrets,
  log: (line: string) => void,
): Promise<DataServices> {
  const { DATABASE_URL, REDIS_URL } = process.env;
  log('Starting Postgres and Redis');
  const data = await startDataServices({
    folder,
    ports,
    postgresPassword: secrets.postgresPassword,
    external: {
      ...(DATABASE_URL && { postgresUrl: DATABASE_URL }),
      ...(REDIS_URL && { redisUrl: REDIS_URL }),
    },
    log,
  });
  for (const fault of await redisSettingFaults(data.redisUrl)) log(`WARNING Redis: ${fault}`);
  return data;
}

/** On a server of ours the database is made; on another one the url says which to use. */
async function prepareDatabase(serverUrl: string, secrets: StackSecrets) {
  const adminUrl = process.env.DATABASE_URL || (await ensureDatabase(serverUrl, DATABASE));
  const as = (role: string, password: string) => {
    const url = new URL(adminUrl);
    url.username = role;
    url.password = password;
    return url.href;
  };
  const databaseUrls: OwnerUrls = {
    reauth: as('regard_reauth', secrets.reauthPassword),
    biometrics: as('regard_biometrics', secrets.biometricsPassword),
    tokens: as('regard_tokens', secrets.tokensPassword),
  };
  await migrateAll({ adminUrl, urls: databaseUrls });
  return { adminUrl, databaseUrls };
}

function createServices(
  surroundings: Surroundings,
  data: DataServices,
  log: (line: string) => void,
): ServiceProcess[] {
  const onLine = createLinePrinter(SERVICE_NAMES, log);
  return serviceSpecs(surroundings).map((spec) =>
    createServiceProcess(spec, { onLine, watch: data.watch }),
  );
}

function describe(parts: {
  ports: Surroundings['ports'];
  adminUrl: string;
  data: DataServices;
  seeded: Seeded;
  secrets: StackSecrets;
  services: readonly ServiceProcess[];
}): StackInfo {
  const { ports, adminUrl, data, seeded, secrets, services } = parts;
  const pids = Object.fromEntries(services.map(({ name, pid }) => [name, pid()]));
  return {
    startedAt: new Date().toISOString(),
    urls: {
      gateway: urlOf(ports.gateway),
      verifier: urlOf(ports.verifier),
      webhookIngest: urlOf(ports['webhook-ingest']),
      decisionWorker: urlOf(ports['decision-worker']),
      eventDispatcher: urlOf(ports['event-dispatcher']),
      tokenService: urlOf(ports['token-service']),
      postgres: adminUrl,
      redis: data.redisUrl,
    },
    apiKey: secrets.apiKey,
    ...seeded,
    ingest: {
      url: `${urlOf(ports['webhook-ingest'])}/webhooks/verdicts`,
      secret: secrets.ingestSecret,
    },
    pids: { launcher: process.pid, data: data.pids, ...pids } as StackInfo['pids'],
  };
}
