import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { SessionStatus } from '@regard/contract';
import { withDemoStack } from '@regard/local/demo/play';
import type { SceneContext } from '@regard/local/demo/scene';
import { isServiceLine } from '@regard/local/log-line';
import { enrolCrowd, LOAD_STACK } from './crowd.ts';

const SCRIPTS = fileURLToPath(new URL('../k6/', import.meta.url));
const INSTALL = `k6 was not found on PATH. With Go installed:

  go install go.k6.io/k6@latest

puts it into $(go env GOPATH)/bin; or name the program: K6_BIN=/path/to/k6`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '5' },
    duration: { type: 'string', default: '30s' },
  },
});

process.exitCode = await main(positionals[0] ?? '');

async function main(name: string): Promise<number> {
  const names = readdirSync(SCRIPTS)
    .map((file) => file.replace('.ts', ''))
    .filter((script) => script !== 'uuid');
  if (!names.includes(name)) {
    process.stderr.write(
      `npm run load -- NAME [--rate N] [--duration 30s], NAME one of: ${names.join(', ')}\n`,
    );
    return 64;
  }
  const k6 = process.env.K6_BIN || 'k6';
  if (spawnSync(k6, ['version']).status !== 0) {
    process.stderr.write(`${INSTALL}\n`);
    return 69;
  }
  const log = (line: string) => {
    if (!isServiceLine(line)) process.stderr.write(`${line}\n`);
  };
  return withDemoStack(log, (context) => runScript(k6, name, context), LOAD_STACK);
}

async function runScript(k6: string, name: string, context: SceneContext): Promise<number> {
  const events = await serveEvents(context);
  const folder = mkdtempSync(join(tmpdir(), 'regard-load-'));
  try {
    const crowd = await enrolCrowd(context, 12);
    const setting = {
      gateway: context.stack.urls.gateway,
      apiKey: context.stack.info.apiKey,
      workflow: context.stack.info.workflows.signIn,
      callback: context.app.callbackUrl,
      events: events.url,
      crowd: crowd.flatMap(({ user, selfies }) =>
        selfies.map((selfie) => ({ user, selfie: selfie.toString('base64') })),
      ),
    };
    const file = join(folder, 'setting.json');
    writeFileSync(file, JSON.stringify(setting), { mode: 0o600 });
    const env = { ...process.env, SETTING: file, RATE: values.rate, DURATION: values.duration };
    const child = spawn(k6, ['run', '--no-usage-report', join(SCRIPTS, `${name}.ts`)], {
      env,
      stdio: 'inherit',
    });
    return await new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  } finally {
    events.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lets k6 ask when a webhook came: it cannot take webhooks itself. */
async function serveEvents({ app }: SceneContext) {
  const server = createServer(async (request, response) => {
    const [, id = '', status = ''] = decodeURIComponent(request.url ?? '').split('/');
    try {
      const { receivedAt } = await app.told(id, status as SessionStatus);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ receivedAt }));
    } catch {
      response.writeHead(504).end();
    }
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
