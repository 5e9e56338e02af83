import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isAlive } from '../src/left-over.ts';
import { type Stack, startStack } from '../src/stack.ts';

let dataDir: string;
let stack: Stack;
const lines: string[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'regard-stack-'));
  stack = await startStack({ dataDir, log: (line) => lines.push(line) });
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

function pidsOf({ info }: Stack): number[] {
  const { launcher: _launcher, data, ...services } = info.pids;
  return [...data, ...Object.values(services)];
}

it('has every service ready', async () => {
  const { postgres: _postgres, redis: _redis, ...services } = stack.urls;
  expect(Object.keys(services)).toHaveLength(6);
  const answers = await Promise.all(Object.values(services).map((url) => fetch(`${url}/readyz`)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
});

it('opens sessions for its sandbox application', async () => {
  const { urls, apiKey, workflows } = stack.info;
  const answer = await fetch(`${urls.gateway}/v3/session/`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({
      workflow_id: workflows.signIn,
      vendor_data: 'user-42',
      purpose: 'enrolment',
    }),
  });
  expect(answer.status).toBe(201);
  const { url } = (await answer.json()) as { url: string };
  const page = await fetch(url);
  expect([page.status, new URL(page.url).origin]).toEqual([200, urls.verifier]);
});

it('describes itself in a file for its owner only', () => {
  const file = join(dataDir, 'stack.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(stack.info);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);
});

it('logs no secret', () => {
  const secrets = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as object;
  const texts = Object.values(secrets).map((it) => (typeof it === 'string' ? it : it.d));
  const log = lines.join('\n');
  expect(log.length).toBeGreaterThan(100);
  expect(texts.filter((text) => log.includes(text))).toEqual([]);
});

it('does not let a second stack at the same data', async () => {
  await expect(startStack({ dataDir, log: () => undefined })).rejects.toThrow('runs already');
});

it('lets a service be killed and started again', async () => {
  const gateway = stack.service('gateway');
  const before = gateway.pid();
  await gateway.kill();
  await expect(fetch(`${gateway.url}/readyz`)).rejects.toThrow();
  await gateway.start();
  expect(gateway.pid()).not.toBe(before);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
});

it('leaves nothing behind when it is stopped', async () => {
  const pids = pidsOf(stack).filter(isAlive);
  expect(pids.length).toBeGreaterThanOrEqual(8);
  await stack.stop();
  expect(pids.filter(isAlive)).toEqual([]);
  expect(() => readFileSync(join(dataDir, 'stack.json'))).toThrow('ENOENT');
});
