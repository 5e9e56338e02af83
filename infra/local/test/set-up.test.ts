import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureInstalled, SetupError, stampOf } from '../set-up.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'regard-set-up-'));
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
  mkdirSync(join(root, 'packages', 'one'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"packageManager":"no-such-manager@file:/nowhere"}');
  writeFileSync(join(root, 'packages', 'one', 'package.json'), '{}');
  cpSync(process.execPath, join(root, 'node_modules', '.bin', 'node'), { dereference: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('changes the stamp with any manifest', () => {
  const before = stampOf(root);
  expect(stampOf(root)).toBe(before);
  writeFileSync(join(root, 'packages', 'one', 'package.json'), '{"name":"one"}');
  expect(stampOf(root)).not.toBe(before);
});

it('installs nothing when the stamp is right, and gives the bundled Node', () => {
  writeFileSync(join(root, 'node_modules', '.regard-installed'), stampOf(root));
  expect(ensureInstalled(root)).toBe(join(root, 'node_modules', '.bin', 'node'));
});

it('says what to do when the installation fails, and tries again the next time', () => {
  const stamp = join(root, 'node_modules', '.regard-installed');
  writeFileSync(stamp, 'of other manifests');
  const failure = (() => {
    try {
      return ensureInstalled(root);
    } catch (error) {
      return error;
    }
  })();
  expect(failure).toBeInstanceOf(SetupError);
  expect((failure as Error).message).toContain('delete it');
  expect(() => readFileSync(stamp)).toThrow('ENOENT');
});
