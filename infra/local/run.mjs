/**
 * Runs one task of the project after making sure that what it needs is installed. Plain JavaScript
 * for Node 20, since it runs before anything is installed; the tasks run on Node 24.
 *
 *   node infra/local/run.mjs <task> [arguments of the task]
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, SetupError } from './set-up.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What each task runs, with the arguments that come before the user's. */
const TASKS = {
  demo: ['infra/local/src/demo.ts'],
  start: ['infra/local/src/start.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  check: ['infra/local/src/check.ts'],
  format: ['node_modules/@biomejs/biome/bin/biome', 'check', '--write'],
  docs: ['infra/local/src/docs.ts'],
  migrate: ['infra/local/src/migrate-command.ts'],
  env: ['infra/local/src/env-command.ts'],
  screenshots: ['infra/local/src/screenshots.ts'],
  'bench:signin': ['load-tests/src/bench-signin.ts'],
  load: ['load-tests/src/load.ts'],
};

/** How often it is checked that npm, which started us, still lives. */
const PARENT_CHECK_MS = 250;

const [task = '', ...args] = process.argv.slice(2);
const command = TASKS[task];
if (command === undefined) {
  fail(`Unknown task "${task}". There are: ${Object.keys(TASKS).join(', ')}`, 64);
}

// Looked up first: npm may be killed while things are installed.
const parent = process.ppid;
const npm = parentOf(parent);
let node;
try {
  node = ensureInstalled(root);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  fail(error.message, 1);
}

const supervised = join(root, 'infra', 'local', 'supervised.mjs');
const child = spawn(node, [supervised, ...command, ...args], {
  cwd: root,
  // The channel tells the task when this process is killed.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
child.on('error', (error) => fail(`${node} cannot be run: ${error.message}`, 1));
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
  process.on(signal, () => {
    // Ctrl-C in a terminal reaches the task by itself.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
stopWithNpm();

/**
 * npm runs us through a shell. When npm is killed the shell lives on, and when the shell is killed
 * it tells nobody, so both are watched.
 */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || parentOf(parent) === npm)) return;
    clearInterval(timer);
    child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
  timer.unref();
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

function fail(message, code) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
