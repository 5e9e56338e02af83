import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process of this id exists. Zombies count as gone where that can be told. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/** The command line of a process, or an empty text when it cannot be read. */
export function commandOf(pid: number): string {
  try {
    if (existsSync('/proc/self')) {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/** The working directory of a process, or an empty text when it cannot be read. */
function folderOf(pid: number): string {
  try {
    if (existsSync('/proc/self')) return readlinkSync(`/proc/${pid}/cwd`);
    const args = ['-a', '-d', 'cwd', '-Fn', '-p', String(pid)];
    const fields = execFileSync('lsof', args, { encoding: 'utf8' }).split('\n');
    return fields.find((line) => line.startsWith('n'))?.slice(1) ?? '';
  } catch {
    return '';
  }
}

/** The process id on the first line of a pid file, if there is one. */
export function readPid(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** Waits until the process is gone. @returns false when it is still there after the time given */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** Asks a process to stop and kills it when it has not gone after the time given. */
export async function stopProcess(
  pid: number,
  signal: NodeJS.Signals,
  timeoutMs = 10_000,
): Promise<void> {
  sendSignal(pid, signal);
  if (await waitUntilGone(pid, timeoutMs)) return;
  sendSignal(pid, 'SIGKILL');
  await waitUntilGone(pid, 2000);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Stops the server that a killed launcher left behind. The id in a pid file may by now belong to
 * something else, so the process is touched only when it evidently works on our data folder:
 * Postgres shows it in its command line, Redis hides that but makes it its working directory.
 */
export async function stopLeftOver(
  pidFile: string,
  folder: string,
  signal: NodeJS.Signals,
): Promise<void> {
  const pid = readPid(pidFile);
  if (pid === undefined || !isAlive(pid)) return;
  if (!commandOf(pid).includes(folder) && folderOf(pid) !== realpathSync(folder)) return;
  await stopProcess(pid, signal);
}
