import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commandOf, isAlive, stopProcess, waitUntilGone } from './left-over.ts';

/** Who uses a data folder. Command lines tell a process from a later one with the same id. */
interface Holder {
  launcher: { pid: number; command: string };
  guardPid?: number;
}

export interface FolderClaim {
  /** Notes the guard, so that the next launcher can wait for it if this one is killed. */
  noteGuard: (pid: number) => void;
  release: () => void;
}

/** A guard whose launcher was killed needs some seconds to stop everything. */
const GUARD_TIMEOUT_MS = 15_000;

/**
 * Claims a data folder for this process. When the launcher before was killed, waits until its guard
 * has stopped what it left.
 *
 * @throws when another launcher that lives uses the folder
 */
export async function claimFolder(folder: string): Promise<FolderClaim> {
  mkdirSync(folder, { recursive: true });
  const file = join(resolve(folder), 'launcher.json');
  const before = readHolder(file);
  if (before && isSame(before.launcher)) {
    throw new Error(
      `A stack runs already with the data of ${folder} (process ${before.launcher.pid}). Stop it first.`,
    );
  }
  if (before?.guardPid !== undefined) await waitForGuard(before.guardPid);
  const holder: Holder = { launcher: { pid: process.pid, command: commandOf(process.pid) } };
  const write = () => writeFileSync(file, JSON.stringify(holder));
  write();
  return {
    noteGuard: (pid) => {
      holder.guardPid = pid;
      write();
    },
    release: () => rmSync(file, { force: true }),
  };
}

function readHolder(file: string): Holder | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isSame({ pid, command }: Holder['launcher']): boolean {
  return isAlive(pid) && commandOf(pid) === command;
}

async function waitForGuard(pid: number): Promise<void> {
  if (!commandOf(pid).includes('data-guard')) return;
  if (!(await waitUntilGone(pid, GUARD_TIMEOUT_MS))) await stopProcess(pid, 'SIGKILL');
}
