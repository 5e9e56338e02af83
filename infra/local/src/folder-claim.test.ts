import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { claimFolder } from './folder-claim.ts';
import { commandOf } from './left-over.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regard-claim-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('lets one launcher in at a time', async () => {
  const claim = await claimFolder(folder);
  await expect(claimFolder(folder)).rejects.toThrow(`process ${process.pid}`);
  claim.release();
  (await claimFolder(folder)).release();
});

it('takes the folder over from a launcher that was killed', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
  await once(other, 'spawn');
  const pid = other.pid as number;
  const holder = { launcher: { pid, command: commandOf(pid) } };
  writeFileSync(join(folder, 'launcher.json'), JSON.stringify(holder));
  await expect(claimFolder(folder)).rejects.toThrow(`process ${pid}`);
  other.kill('SIGKILL');
  await once(other, 'exit');
  (await claimFolder(folder)).release();
});

it('is not misled by a process that got the same id later', async () => {
  const holder = { launcher: { pid: process.pid, command: 'something else' } };
  writeFileSync(join(folder, 'launcher.json'), JSON.stringify(holder));
  (await claimFolder(folder)).release();
});
