import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Set-up could not be done. The message says what to do. */
export class SetupError extends Error {}

const NEEDED_NODE = 24;

/**
 * Installs the dependencies unless that was done for exactly these manifests already.
 *
 * @param {string} root folder of the repository
 * @returns {string} the Node program to run tasks with
 * @throws {SetupError}
 */
export function ensureInstalled(root) {
  const stampFile = join(root, 'node_modules', '.regard-installed');
  const wanted = stampOf(root);
  if (readStamp(stampFile) !== wanted) {
    rmSync(stampFile, { force: true });
    install(root);
    writeFileSync(stampFile, wanted);
  }
  return findNode(root);
}

/**
 * Changes with everything an installation depends on: manifests, lockfile and platform.
 *
 * @param {string} root folder of the repository
 * @returns {string}
 */
export function stampOf(root) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of manifests(root))
    hash.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function manifests(root) {
  const inside = (folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json'));
  const candidates = [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...['packages', 'services'].filter((name) => existsSync(join(root, name))).flatMap(inside),
    join('infra', 'local', 'package.json'),
    join('load-tests', 'package.json'),
  ];
  return candidates.filter((file) => existsSync(join(root, file))).sort();
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function install(root) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  say('Setting up: installing dependencies (some 500 MB, once; half a minute with a good line)');
  const started = Date.now();
  const { error, status } = spawnSync(
    'npx',
    ['--yes', packageManager, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false'],
    // Progress is for people: stdout belongs to the task.
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  if (error?.code === 'ENOENT') {
    throw new SetupError('npx was not found. Install npm (it comes with Node) and start again.');
  }
  if (status !== 0) {
    throw new SetupError(
      [
        'Set-up failed; the lines above say why. Usual causes:',
        '  - the npm registry cannot be reached: check the network, or the proxy settings of npm',
        '  - the disk is full: 1 GB is needed',
        '  - node_modules is damaged: delete it',
        `  - a package.json was edited: bring the lockfile up to date with npx ${packageManager} install`,
        'Then run the same command again.',
      ].join('\n'),
    );
  }
  say(`Setting up: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** The Node that came with the dependencies, or the running one where it is new enough. */
function findNode(root) {
  const bundled = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(bundled)) return bundled;
  if (Number.parseInt(process.versions.node, 10) >= NEEDED_NODE) return process.execPath;
  throw new SetupError(
    `There is no bundled Node ${NEEDED_NODE} for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}. Install Node ${NEEDED_NODE} or newer and start again.`,
  );
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
