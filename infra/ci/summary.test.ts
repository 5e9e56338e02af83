import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const summary = fileURLToPath(new URL('./summary.mjs', import.meta.url));
const okChecks = [
  { name: 'types', ok: true, output: '' },
  { name: 'lint', ok: true, output: '' },
];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regard-summary-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(checks: unknown, tests: unknown, exitCode = 0) {
  const files = { checks, tests };
  for (const [name, value] of Object.entries(files)) {
    if (value !== undefined) writeFileSync(join(folder, name), JSON.stringify(value));
  }
  const args = [summary, join(folder, 'checks'), join(folder, 'tests'), String(exitCode)];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { last: stdout.trimEnd().split('\n').at(-1), stdout, status };
}

function file(...statuses: string[]) {
  const status = statuses.includes('failed') ? 'failed' : 'passed';
  const assertionResults = statuses.map((it) => ({ status: it, fullName: `is ${it}` }));
  return { name: 'some.test.ts', status, assertionResults, message: '' };
}

it('counts each check and each test once', () => {
  const tests = { testResults: [file('passed', 'passed'), file('passed', 'skipped', 'todo')] };
  expect(run(okChecks, tests)).toMatchObject({ last: '5 passed, 0 failed, 2 skipped', status: 0 });
});

it('fails with a failed test or a failed check, and names them', () => {
  const tests = { testResults: [file('passed', 'failed')] };
  const result = run([...okChecks, { name: 'cycles', ok: false, output: 'a -> b' }], tests, 1);
  expect(result).toMatchObject({ last: '3 passed, 2 failed, 0 skipped', status: 1 });
  expect(result.stdout).toContain('FAILED check: cycles\na -> b');
  expect(result.stdout).toContain('FAILED test: some.test.ts: is failed');
});

it('counts a file that could not be loaded as a failure', () => {
  const broken = { ...file(), status: 'failed', message: 'Cannot find module' };
  expect(run(okChecks, { testResults: [file('passed'), broken] }, 1)).toMatchObject({
    last: '3 passed, 1 failed, 0 skipped',
    status: 1,
  });
});

it.each([
  ['no report', undefined, 1],
  ['an empty report', { testResults: [] }, 0],
  ['a bad exit code without a failed test', { testResults: [file('passed')] }, 1],
])('does not take %s for success', (_what, tests, exitCode) => {
  const result = run(okChecks, tests, exitCode);
  expect(result.status).toBe(1);
  expect(result.last).toContain(' 1 failed, ');
});

it('does not take missing checks for success', () => {
  expect(run(undefined, { testResults: [file('passed')] })).toMatchObject({
    last: '1 passed, 1 failed, 0 skipped',
    status: 1,
  });
});
