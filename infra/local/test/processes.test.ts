import { afterEach, expect, it } from 'vitest';
import { isAlive } from '../src/left-over.ts';
import { freePort } from '../src/ports.ts';
import { createServiceProcess, type ServiceProcess } from '../src/processes.ts';

const services: ServiceProcess[] = [];
const lines: string[] = [];
const watched: number[] = [];

afterEach(async () => {
  for (const service of services.splice(0)) await service.kill();
  lines.length = 0;
  watched.length = 0;
});

async function create(env: Record<string, string> = {}): Promise<ServiceProcess> {
  const spec = { name: 'small', entry: 'infra/local/test/small-service.ts', env };
  const service = createServiceProcess(
    { ...spec, port: await freePort() },
    {
      onLine: (name, line) => lines.push(`${name}: ${line}`),
      watch: (pid) => watched.push(pid),
      stopTimeoutMs: 500,
    },
  );
  services.push(service);
  return service;
}

it('is ready when the service answers, and hands on its lines and its process id', async () => {
  const service = await create();
  await service.start();
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  expect(watched).toEqual([service.pid()]);
  expect(lines).toEqual([expect.stringMatching(/^small: .*"msg":"up"/)]);
});

it('leaves nothing behind when stopped, and can be started again on the same port', async () => {
  const service = await create();
  await service.start();
  const pid = service.pid() as number;
  await service.stop();
  expect(isAlive(pid)).toBe(false);
  expect(service.pid()).toBeUndefined();
  await service.start();
  expect(service.pid()).not.toBe(pid);
});

it('kills a service that does not stop in the time it has', async () => {
  const service = await create({ STUBBORN: 'yes' });
  await service.start();
  const pid = service.pid() as number;
  const started = Date.now();
  await service.stop();
  expect(isAlive(pid)).toBe(false);
  expect(Date.now() - started).toBeGreaterThan(490);
});

it('says why a service did not come up', async () => {
  const service = await create({ BROKEN: 'yes' });
  await expect(service.start()).rejects.toThrow(/exit code 78\).*a setting is missing/s);
});

it('tells when a service ends by itself', async () => {
  const service = await create();
  await service.start();
  process.kill(service.pid() as number, 'SIGKILL');
  await expect.poll(() => lines).toContain('small: ended by itself (SIGKILL)');
});
