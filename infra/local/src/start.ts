import { parseArgs } from 'node:util';
import { type Stack, type StackInfo, startStack } from './stack.ts';

const USAGE = `npm start -- [options]

Starts the whole system on this machine and keeps it running until Ctrl-C.

  --port-base N   ports N..N+9 (default: the first free block from 4400 on)
  --webhook URL   sends the verdict events of the sandbox application there
  --json          prints only the contents of .regard/stack.json, on stdout
  --help

DATABASE_URL and REDIS_URL replace the embedded Postgres and Redis; LOG_LEVEL sets how much is logged.
`;

const { values } = parseArgs({
  options: {
    'port-base': { type: 'string' },
    webhook: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

await main();

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const stopping = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopping.resolve());
  }
  const print = (line: string) => {
    (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  };
  // A terminal that went away must not keep us from stopping things in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const portBase = values['port-base'] === undefined ? undefined : Number(values['port-base']);
  const started = Date.now();
  let stack: Stack | undefined;
  try {
    if (portBase !== undefined && !(portBase >= 1024 && portBase <= 65_000)) {
      throw new Error('--port-base must be a number from 1024 to 65000');
    }
    const starting = startStack({ portBase, destinationUrl: values.webhook, log: print });
    stack = await Promise.race([starting, stopping.promise.then(() => undefined)]);
    if (stack === undefined) {
      print('Stopping as soon as the start has come to an end');
      stack = await starting;
    } else {
      if (values.json) process.stdout.write(`${JSON.stringify(stack.info)}\n`);
      print(welcome(stack.info, (Date.now() - started) / 1000));
      await stopping.promise;
    }
    print('Stopping');
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
  await stack?.stop();
  process.exit();
}

function welcome({ urls, apiKey, workflows, ingest }: StackInfo, seconds: number): string {
  return `
Regard is up after ${seconds.toFixed(1)} s.

  gateway            ${urls.gateway}
  verifier           ${urls.verifier}
  webhook-ingest     ${ingest.url}
  decision-worker    ${urls.decisionWorker}
  event-dispatcher   ${urls.eventDispatcher}
  token-service      ${urls.tokenService}
  Postgres, Redis    see .regard/stack.json, which has every secret of this stack as well

Enrol your face: open a session and then its "url" in a browser.

  curl -s ${urls.gateway}/v3/session/ \\
    -H 'x-api-key: ${apiKey}' -H 'content-type: application/json' \\
    -d '{"workflow_id":"${workflows.signIn}","vendor_data":"user-42","purpose":"enrolment"}'

Sign in with it: the same without "purpose".

Ctrl-C stops everything.
`;
}
