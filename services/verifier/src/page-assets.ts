import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const TYPES = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' } as const;

const NAMES = [
  'capture.js',
  'api.js',
  'camera.js',
  'screens.js',
  'page.css',
  'camera.css',
] as const;

export interface PageAsset {
  content: Buffer;
  type: string;
}

const assets = new Map<string, PageAsset>(
  NAMES.map((name) => [
    name,
    {
      content: readFileSync(new URL(`../page/${name}`, import.meta.url)),
      type: name.endsWith('.css') ? TYPES.css : TYPES.js,
    },
  ]),
);

/**
 * One hash over all files, as a folder in their path: they may be cached for ever, and the scripts
 * may import each other by plain relative paths.
 */
export const ASSETS_VERSION = hashOf([...assets.values()].map(({ content }) => content));

export function findAsset(version: string, name: string): PageAsset | null {
  return version === ASSETS_VERSION ? (assets.get(name) ?? null) : null;
}

function hashOf(contents: Buffer[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  return hash.digest('hex').slice(0, 16);
}
