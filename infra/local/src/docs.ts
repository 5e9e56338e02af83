/**
 * Writes the parts of the documentation that follow from the code, or with --check only says which
 * of them are out of date: the error page, `.env.example`, the settings of each service and the
 * status diagram.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '@regard/contract';
import { statusDiagram } from '@regard/policy';
import type { z } from 'zod';
import { SERVICE_NAMES } from './service-specs.ts';

const ROOT = new URL('../../../', import.meta.url);

interface Setting {
  name: string;
  description: string;
  /** null when it must be given. */
  fallback: string | null;
}

/** Path below the root to the text it should have. */
export async function expectedDocs(): Promise<Map<string, string>> {
  const settings = await Promise.all(
    [...SERVICE_NAMES].sort().map(async (name) => [name, await settingsOf(name)] as const),
  );
  const docs = new Map([
    ['docs/api/errors.md', errorPage()],
    ['.env.example', environmentExample(settings)],
    ['docs/architecture.md', await withBlock('docs/architecture.md', 'statuses', diagram())],
  ]);
  for (const [name, list] of settings) {
    const path = `services/${name}/README.md`;
    docs.set(path, await withBlock(path, 'settings', settingsTable(list)));
  }
  return docs;
}

async function settingsOf(service: string): Promise<Setting[]> {
  const { configSchema } = (await import(`../../../services/${service}/src/config.ts`)) as {
    configSchema: z.ZodObject;
  };
  return Object.entries(configSchema.shape).map(([name, field]) => {
    const schema = field as z.ZodType;
    return { name, description: schema.description ?? '', fallback: fallbackOf(schema) };
  });
}

function fallbackOf(schema: z.ZodType): string | null {
  const def = schema.def as { type: string; defaultValue?: unknown };
  if (def.type === 'default') return String(def.defaultValue);
  return def.type === 'optional' ? '' : null;
}

function errorPage(): string {
  const rows = Object.entries(ERRORS)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(
      ([code, { status, detail, remedy }]) => `| \`${code}\` | ${status} | ${detail} | ${remedy} |`,
    );
  return `# Errors

Every error is answered with a stable \`code\` and the \`request_id\` under which our log has it. The
rest of the body is either \`{"detail": "a sentence"}\` or a map of field names to what is wrong with
them. Codes are added, never renamed or reused. A 503 or 429 carries \`Retry-After\` in seconds.

| code | status | meaning | what to do |
|---|---|---|---|
${rows.join('\n')}
`;
}

function environmentExample(services: (readonly [string, Setting[]])[]): string {
  const parts = services.map(([name, settings]) => {
    const lines = settings.map(({ name: variable, description, fallback }) => {
      const about = description === '' ? '' : `# ${description}\n`;
      return fallback === null ? `${about}${variable}=` : `${about}#${variable}=${fallback}`;
    });
    return `# ---- ${name} ----\n\n${lines.join('\n\n')}`;
  });
  const head = [
    '# Settings of every service, with their defaults. A line that starts with a variable must be',
    '# filled in; one behind a # shows the default. Each service reads its own environment only.',
  ];
  return `${head.join('\n')}\n\n${parts.join('\n\n')}\n`;
}

function settingsTable(settings: Setting[]): string {
  const rows = settings.map(({ name, description, fallback }) => {
    const value = fallback === null ? 'required' : fallback === '' ? 'none' : `\`${fallback}\``;
    return `| \`${name}\` | ${value} | ${description} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function diagram(): string {
  return `\`\`\`mermaid\n${statusDiagram()}\n\`\`\``;
}

/** The file's text with the block of this name replaced. */
async function withBlock(path: string, name: string, content: string): Promise<string> {
  const text = await readFile(new URL(path, ROOT), 'utf8');
  const start = `<!-- generated: ${name} -->`;
  const end = `<!-- end of ${name} -->`;
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path} has no block "${start}" … "${end}"`);
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`;
}

/** The pages whose text on disk is not what it should be. */
export async function outdatedDocs(): Promise<string[]> {
  const outdated: string[] = [];
  for (const [path, expected] of await expectedDocs()) {
    const actual = await readFile(new URL(path, ROOT), 'utf8').catch(() => '');
    if (actual !== expected) outdated.push(path);
  }
  return outdated;
}

async function main(): Promise<void> {
  const outdated = await outdatedDocs();
  if (process.argv.includes('--check')) {
    for (const path of outdated) process.stderr.write(`${path} is out of date: run npm run docs\n`);
    process.exit(outdated.length === 0 ? 0 : 1);
  }
  const docs = await expectedDocs();
  for (const path of outdated) {
    await writeFile(new URL(path, ROOT), docs.get(path) ?? '');
    process.stdout.write(`wrote ${path}\n`);
  }
  if (outdated.length === 0) process.stdout.write('The documentation is up to date.\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
