import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { withDemoStack } from '@regard/local/demo/play';
import type { SceneContext } from '@regard/local/demo/scene';
import { openSession, signIn } from '@regard/local/demo/sign-in';
import { HOP_NAMES, HOPS, type HopTimes } from '@regard/local/hop-times';
import { isServiceLine } from '@regard/local/log-line';
import { type CrowdMember, enrolCrowd, LOAD_STACK } from './crowd.ts';
import { type Summary, summarise } from './statistics.ts';

const USAGE = `npm run bench:signin -- [options]

Signs people in through the whole running system, with real photos and passive selfies, at a fixed
rate that does not wait for answers, and measures from the last byte of the selfie to the webhook.

  --rate N       sign-ins a second (default 5)
  --seconds N    how long (default 30)
  --json         one JSON object on stdout, everything else on stderr
  --help
`;

/** Half of the product's promise of two seconds. */
const P99_BOUND_MS = 1000;
/** First sign-ins, not counted: connections, compilers and caches are cold. */
const WARM_UP = 6;
const CROWD_SIZE = 12;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else process.exitCode = await main(Number(values.rate), Number(values.seconds));

async function main(rate: number, seconds: number): Promise<number> {
  if (!(rate > 0 && rate <= 1000 && seconds > 0 && seconds <= 3600)) {
    process.stderr.write('--rate must be above 0 and at most 1000, --seconds at most 3600\n');
    return 64;
  }
  const say = (line: string) => (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  const progress = (line: string) => {
    if (!isServiceLine(line)) say(line);
  };
  const run = await withDemoStack(
    progress,
    (context) => measure(context, rate, seconds, say),
    LOAD_STACK,
  );
  const report = describeRun(rate, seconds, run);
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else say(table(report));
  return report.checks.every(({ ok }) => ok) ? 0 : 1;
}

interface Run {
  timelines: HopTimes[];
  failures: string[];
}

async function measure(
  context: SceneContext,
  rate: number,
  seconds: number,
  say: (line: string) => void,
): Promise<Run> {
  say(`Enrolling ${CROWD_SIZE} people`);
  const crowd = await enrolCrowd(context, CROWD_SIZE);
  for (let index = 0; index < WARM_UP; index++) await oneSignIn(context, crowd, index);
  const total = Math.round(rate * seconds);
  say(`${total} sign-ins at ${rate} a second`);
  const run: Run = { timelines: [], failures: [] };
  const started = performance.now();
  const all: Promise<void>[] = [];
  for (let index = 0; index < total; index++) {
    // The next one starts at its time, whether or not the earlier ones are done.
    const due = started + (index * 1000) / rate;
    await sleep(Math.max(0, due - performance.now()));
    all.push(
      oneSignIn(context, crowd, index).then(
        (timeline) => void run.timelines.push(timeline),
        (error: Error) => void run.failures.push(error.message),
      ),
    );
    if ((index + 1) % Math.ceil(rate * 5) === 0) say(`  ${run.timelines.length} of ${total} done`);
  }
  await Promise.all(all);
  return run;
}

async function oneSignIn(
  context: SceneContext,
  crowd: readonly CrowdMember[],
  index: number,
): Promise<HopTimes> {
  const member = crowd[index % crowd.length];
  const selfie = member?.selfies[index % member.selfies.length];
  if (member === undefined || selfie === undefined) throw new Error('The crowd is empty');
  const session = await openSession(context, {
    workflow: context.stack.info.workflows.signIn,
    user: member.user,
    metadata: { device_id: randomUUID(), from_ip: '203.0.113.7' },
  });
  const { timeline } = await signIn(
    context,
    session,
    (person) => person.sendFrame(selfie),
    'Approved',
  );
  return timeline;
}

interface Report {
  rate: number;
  seconds: number;
  signIns: number;
  failed: number;
  /** Milliseconds from the last byte of the selfie to the webhook received. */
  selfieToWebhook: Summary;
  /** Milliseconds of each hop, and its share of all the time (0-1). */
  hops: Record<string, Summary & { share: number }>;
  failures: string[];
  checks: { name: string; value: number; unit: string; bound: number; ok: boolean }[];
}

function describeRun(rate: number, seconds: number, { timelines, failures }: Run): Report {
  const selfieToWebhook = summarise(timelines.map(({ totalMs }) => totalMs));
  const hops = HOPS.map((hop) => {
    const summary = summarise(timelines.map((timeline) => timeline.hops[hop]));
    const share = Math.round((summary.mean / selfieToWebhook.mean) * 1000) / 1000;
    return [hop, { ...summary, share }] as const;
  });
  const { p99 } = selfieToWebhook;
  const failed = failures.length;
  return {
    rate,
    seconds,
    signIns: timelines.length,
    failed,
    selfieToWebhook,
    hops: Object.fromEntries(hops),
    failures: [...new Set(failures)].slice(0, 10),
    checks: [
      {
        name: 'selfie to webhook, p99',
        value: p99,
        unit: 'ms',
        bound: P99_BOUND_MS,
        ok: p99 < P99_BOUND_MS,
      },
      { name: 'failed sign-ins', value: failed, unit: 'count', bound: 0, ok: failed === 0 },
    ],
  };
}

function table({ signIns, failed, rate, selfieToWebhook, hops, checks, failures }: Report): string {
  const row = (name: string, { p50, p95, p99 }: Summary, share: string) =>
    `  ${name.padEnd(42)}${[p50, p95, p99].map((ms) => ms.toFixed(1).padStart(9)).join('')}${share.padStart(8)}`;
  const lines = [
    '',
    `${signIns} sign-ins at ${rate} a second, ${failed} failed. Milliseconds:`,
    `  ${''.padEnd(42)}${['p50', 'p95', 'p99'].map((name) => name.padStart(9)).join('')}${'share'.padStart(8)}`,
    ...HOPS.map((hop) => {
      const figures = hops[hop] as Summary & { share: number };
      return row(HOP_NAMES[hop], figures, `${(figures.share * 100).toFixed(1)} %`);
    }),
    row('last byte of the selfie to the webhook', selfieToWebhook, ''),
    '',
    ...checks.map(
      ({ name, value, unit, bound, ok }) =>
        `${ok ? 'ok  ' : 'MISS'} ${name}: ${value} ${unit}, bound ${bound}`,
    ),
    ...failures.map((failure) => `failed: ${failure}`),
  ];
  return lines.join('\n');
}
