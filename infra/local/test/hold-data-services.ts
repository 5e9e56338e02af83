/**
 * A launcher to be killed: starts Postgres and Redis in the folder given, beside an idle process
 * that ignores SIGTERM, and says on stdout what runs.
 */
import { spawn } from 'node:child_process';
import { startDataServices } from '../src/data-services.ts';
import { freePort } from '../src/ports.ts';

const data = await startDataServices({
  folder: process.argv[2] as string,
  ports: { postgres: await freePort(), redis: await freePort() },
  postgresPassword: 'test',
  log: () => undefined,
});
const stubborn = spawn(
  process.execPath,
  ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6)'],
  { detached: true, stdio: 'ignore' },
);
data.watch(stubborn.pid as number);
const { postgresUrl, redisUrl, pids } = data;
process.stdout.write(
  `${JSON.stringify({ postgresUrl, redisUrl, pids, stubborn: stubborn.pid })}\n`,
);
setInterval(() => undefined, 1e6);
