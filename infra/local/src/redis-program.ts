import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Redis server that can be started. */
export interface RedisProgram {
  command: string;
  /** Folders of libraries the program needs and the system may not have. */
  libraryPath?: string;
  foundBy: 'REDIS_SERVER_BIN' | 'PATH' | 'private copy';
}

export interface FindOptions {
  env: NodeJS.ProcessEnv;
  /** Where the private copy is kept. */
  cacheFolder: string;
  log: (line: string) => void;
}

/** `$XDG_CACHE_HOME/regard` or `~/.cache/regard`: shared by all clones of one user. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'regard');
}

/**
 * Finds a Redis (or Valkey) server: the one named by REDIS_SERVER_BIN, one on PATH, a private copy
 * made earlier, or a private copy made now from the system's own package source, without
 * installing anything. A server that already runs is never adopted.
 *
 * @returns undefined when there is none and none can be made
 * @throws when REDIS_SERVER_BIN names something that cannot be run
 */
export async function findRedisProgram(options: FindOptions): Promise<RedisProgram | undefined> {
  const named = options.env.REDIS_SERVER_BIN;
  if (named) {
    if (isExecutable(named)) return { command: named, foundBy: 'REDIS_SERVER_BIN' };
    throw new Error(`REDIS_SERVER_BIN is ${named}, which is not a program that can be run`);
  }
  const onPath = findOnPath(options.env.PATH ?? '');
  if (onPath) return { command: onPath, foundBy: 'PATH' };
  const copy = join(options.cacheFolder, `redis-${process.platform}-${process.arch}`);
  return privateCopy(copy) ?? (await makePrivateCopy(copy, options.log));
}

function findOnPath(path: string): string | undefined {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of path.split(delimiter).filter(Boolean)) {
      if (isExecutable(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function privateCopy(folder: string): RedisProgram | undefined {
  const command = join(folder, 'usr', 'bin', 'redis-server');
  if (!isExecutable(command)) return undefined;
  const libraries = join(folder, 'usr', 'lib');
  const paths = existsSync(libraries)
    ? [libraries, ...readdirSync(libraries).map((name) => join(libraries, name))]
    : [];
  return { command, libraryPath: paths.join(delimiter), foundBy: 'private copy' };
}

/**
 * Unpacks the packages of redis-server, and of those libraries the system lacks, into a folder.
 * apt-get works on state folders of its own, so this needs no root and changes nothing elsewhere.
 */
async function makePrivateCopy(
  folder: string,
  log: (line: string) => void,
): Promise<RedisProgram | undefined> {
  const work = `${folder}-${process.pid}`;
  const lists = join(work, 'lists');
  const cache = join(work, 'cache');
  const unpacked = join(work, 'unpacked');
  for (const path of [join(lists, 'partial'), cache, unpacked])
    mkdirSync(path, { recursive: true });
  const own = [`Dir::State::lists=${lists}`, `Dir::Cache=${cache}`, 'APT::Sandbox::User='];
  const settings = [
    ...own,
    'Debug::NoLocking=1',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
  ];
  const options = { cwd: work, timeout: 120_000 };
  const apt = (...args: string[]) =>
    run('apt-get', ['-qq', ...settings.flatMap((setting) => ['-o', setting]), ...args], options);
  try {
    log('No Redis server found: unpacking one from the system package source (once, about 2 MB)');
    await apt('update');
    const wanted = await apt('--print-uris', '--no-install-recommends', 'install', 'redis-server');
    await apt('download', ...packageNames(wanted.stdout));
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', join(work, file), unpacked], options);
    }
    // Another start may have made the copy in the meantime; a rename over it fails and is not needed.
    if (!existsSync(folder)) renameSync(unpacked, folder);
    return privateCopy(folder);
  } catch (error) {
    log(`That did not work: ${firstLine(error)}`);
    return privateCopy(folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Names from lines such as `'http://…' redis-tools_5%3a7.0.15-1_amd64.deb 991988 …`. */
function packageNames(uris: string): string[] {
  return [...uris.matchAll(/^'[^']*' ([^_\s]+)_/gm)].map((match) => match[1] as string);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').find((line) => line.startsWith('E:')) ?? text.split('\n', 1)[0] ?? '';
}
