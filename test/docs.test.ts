import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '@regard/contract';
import { outdatedDocs } from '@regard/local/docs';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

async function pages(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules'));
}

describe('documentation', () => {
  it('is what the code says: errors, settings, statuses', async () => {
    expect(await outdatedDocs()).toEqual([]);
  });

  it('lists every error code with its status, and none that does not exist', async () => {
    const page = await readFile(join(ROOT, 'docs/api/errors.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `(RGD_\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);
    const existing = Object.entries(ERRORS).map(([code, { status }]) => [code, status]);
    expect(listed.sort()).toEqual(existing.sort());
  });

  it('links to files that exist', async () => {
    const all = [
      ...(await pages('docs')),
      ...(await pages('services')),
      ...(await pages('packages')),
      ...(await pages('load-tests')),
      ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].map((name) => join(ROOT, name)),
    ];
    const broken: string[] = [];
    for (const page of all) {
      const text = await readFile(page, 'utf8');
      const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)|src="([^"]+)"/g)];
      for (const [, link, image] of targets) {
        const target = link ?? image ?? '';
        if (/^(https?:|mailto:)/.test(target)) continue;
        const exists = await stat(join(dirname(page), target)).catch(() => null);
        if (exists === null) broken.push(`${page.slice(ROOT.length)}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });
});
