import { connect } from 'node:net';

/** A server in a container. */
export interface Container {
  url: string;
  stop: () => Promise<void>;
}

const ANSWER_TIMEOUT_MS = 2000;
const POSTGRES_IMAGE = 'postgres:18-alpine';
const REDIS_IMAGE = 'redis:8-alpine';

/**
 * Whether a docker engine really answers: the client program alone says nothing.
 * Looks at DOCKER_HOST or the usual socket, for at most 2 s.
 */
export function dockerAnswers(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const host = env.DOCKER_HOST;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(
    host?.startsWith('tcp://')
      ? { host: new URL(host).hostname, port: Number(new URL(host).port || 2375) }
      : { path: host?.replace('unix://', '') ?? '/var/run/docker.sock' },
  );
  socket.setTimeout(ANSWER_TIMEOUT_MS);
  socket.once('connect', () => socket.write('GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n'));
  socket.once('data', (data) => resolve(/^HTTP\/1\.\d 200/.test(data.toString('latin1'))));
  for (const event of ['error', 'timeout', 'close']) socket.once(event, () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** Postgres in a container, or undefined where no engine answers. */
export async function startPostgresContainer(): Promise<Container | undefined> {
  if (!(await dockerAnswers())) return undefined;
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(POSTGRES_IMAGE).start();
  return { url: container.getConnectionUri(), stop: async () => void (await container.stop()) };
}

/** Redis in a container with the settings Regard needs, or undefined where no engine answers. */
export async function startRedisContainer(): Promise<Container | undefined> {
  if (!(await dockerAnswers())) return undefined;
  const { GenericContainer } = await import('testcontainers');
  const settings = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--databases', '64'];
  const container = await new GenericContainer(REDIS_IMAGE)
    .withCommand(['redis-server', ...settings])
    .withExposedPorts(6379)
    .start();
  const url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
  return { url, stop: async () => void (await container.stop()) };
}
