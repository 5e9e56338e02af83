import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface ServiceSpec {
  name: string;
  /** What it runs, relative to the root of the repository. */
  entry: string;
  port: number;
  /** Its whole environment beside what the launcher itself has. */
  env: Record<string, string>;
}

export interface ServiceProcess {
  name: string;
  url: string;
  /** Undefined while it is stopped. */
  pid: () => number | undefined;
  /** Starts it and waits until it is ready. */
  start: () => Promise<void>;
  /** Asks it to stop, and kills it when that takes too long. */
  stop: () => Promise<void>;
  /** SIGKILL, for tests of failure. */
  kill: () => Promise<void>;
}

export interface ProcessOptions {
  /** Takes each line a service writes. */
  onLine: (name: string, line: string) => void;
  /** Takes the process id of each started service. */
  watch: (pid: number) => void;
  /** How long a service may take to stop. Default: 10 s. */
  stopTimeoutMs?: number;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Loading face models on a slow machine takes a while. */
const READY_TIMEOUT_MS = 90_000;
const LAST_LINES = 20;

/** Prepares a service as a child process with a channel, so that it ends when the launcher does. */
export function createServiceProcess(spec: ServiceSpec, options: ProcessOptions): ServiceProcess {
  const { name, port } = spec;
  const { stopTimeoutMs = 10_000 } = options;
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const end = async (signal: NodeJS.Signals) => {
    const ending = child;
    child = undefined;
    if (ending === undefined || hasEnded(ending)) return;
    const exited = once(ending, 'exit');
    ending.kill(signal);
    const timer = setTimeout(() => ending.kill('SIGKILL'), stopTimeoutMs);
    await exited;
    clearTimeout(timer);
  };

  const start = async () => {
    const lines: string[] = [];
    const started = launch(spec, (line) => {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
      options.onLine(name, line);
    });
    child = started;
    if (started.pid !== undefined) options.watch(started.pid);
    started.once('exit', (code, signal) => {
      if (child !== started) return;
      options.onLine(name, `ended by itself (${signal ?? `exit code ${code}`})`);
    });
    const ready = await untilReady(`${url}/readyz`, started);
    if (ready === 'ready') return;
    await end('SIGTERM');
    throw new Error(`${name} did not become ready: ${ready}. Its last lines:\n${lines.join('\n')}`);
  };

  return {
    name,
    url,
    pid: () => child?.pid,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function launch({ entry, port, env }: ServiceSpec, onLine: (line: string) => void): ChildProcess {
  const child = spawn(process.execPath, [entry], {
    cwd: root,
    env: { ...process.env, HOST: '127.0.0.1', PORT: String(port), ...env },
    // Detached: Ctrl-C in the terminal must reach the launcher only, which stops things in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', onLine);
  }
  return child;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** `ready`, or why it is not. */
async function untilReady(url: string, child: ChildProcess): Promise<string> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let last = 'no answer';
  child.once('error', (error) => {
    last = error.message;
  });
  while (Date.now() < deadline) {
    if (hasEnded(child)) return `it ended (${child.signalCode ?? `exit code ${child.exitCode}`})`;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
      if (response.ok) return 'ready';
      last = await response.text();
    } catch {
      // Not listening yet.
    }
    await sleep(50);
  }
  return last;
}
