/** Runs every static check, all of them even when one fails. `--json` prints the results as JSON. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

interface Check {
  name: string;
  /** A program of node_modules and its arguments. */
  command: [string, ...string[]];
}

interface CheckResult {
  name: string;
  ok: boolean;
  seconds: number;
  output: string;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CHECKS: Check[] = [
  { name: 'types', command: ['typescript/bin/tsc', '-p', 'tsconfig.json'] },
  { name: 'lint and format', command: ['@biomejs/biome/bin/biome', 'ci', '--colors=off'] },
  {
    name: 'house rules',
    command: [
      'dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config',
      '.dependency-cruiser.mjs',
      'packages',
      'services',
      'infra',
      'load-tests',
      'test',
    ],
  },
  { name: 'dead code', command: ['knip/bin/knip.js', '--no-progress'] },
  { name: 'generated docs', command: ['../infra/local/src/docs.ts', '--check'] },
];

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const results: CheckResult[] = [];
for (const check of CHECKS) {
  const result = await runCheck(check);
  results.push(result);
  if (!values.json) report(result);
}
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

async function runCheck({ name, command: [program, ...args] }: Check): Promise<CheckResult> {
  const started = performance.now();
  const child = spawn(process.execPath, [`node_modules/${program}`, ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  }
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('error', () => resolve(null));
  child.once('close', resolve);
  const code = await promise;
  return {
    name,
    ok: code === 0,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    output: Buffer.concat(chunks).toString('utf8').trim(),
  };
}

function report({ name, ok, seconds, output }: CheckResult): void {
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (!ok) process.stdout.write(`${output.replaceAll(/^/gm, '    ')}\n`);
}
