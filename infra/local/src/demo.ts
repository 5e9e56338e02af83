import { parseArgs, styleText } from 'node:util';
import { type PlayedScene, playScenes, withDemoStack } from './demo/play.ts';
import { HOP_NAMES, HOPS, type HopTimes } from './hop-times.ts';
import { isServiceLine } from './log-line.ts';

const USAGE = `npm run demo -- [options]

Brings up the whole system, signs people in, shows what happened and stops everything.

  --json      one JSON object on stdout, everything else on stderr
  --verbose   the log of the services as well
  --help
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else {
  process.exitCode = await main();
}

async function main(): Promise<number> {
  const say = (line: string) => (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  const lines: string[] = [];
  const log = (line: string) => {
    if (values.verbose || !isServiceLine(line)) say(line);
    else lines.push(line);
  };
  const started = performance.now();
  try {
    const scenes = await withDemoStack(log, (context) => {
      say('');
      return playScenes(context, (scene) => say(describe(scene)));
    });
    const failed = scenes.filter(({ ok }) => !ok);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    if (values.json) {
      process.stdout.write(`${JSON.stringify({ ok: failed.length === 0, seconds, scenes })}\n`);
    }
    // What the services said is of interest only when something went wrong.
    if (failed.length > 0 && !values.verbose) for (const line of lines.slice(-60)) say(line);
    say(
      `${scenes.length - failed.length} of ${scenes.length} scenes as expected, ${seconds} s in all.`,
    );
    return failed.length === 0 ? 0 : 1;
  } catch (error) {
    if (!values.verbose) for (const line of lines.slice(-60)) say(line);
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

function describe({ name, ok, facts, timeline, failure }: PlayedScene): string {
  const mark = ok ? styleText('green', '✓') : styleText('red', '✗');
  const lines = [`${mark} ${styleText('bold', name)}`, ...facts.map((fact) => `    ${fact}`)];
  if (timeline) lines.push(...describeTimeline(timeline));
  if (failure !== undefined) lines.push(`    ${styleText('red', failure)}`);
  return `${lines.join('\n')}\n`;
}

function describeTimeline({ hops, totalMs }: HopTimes): string[] {
  const row = (name: string, ms: number) =>
    `    ${name.padEnd(42)} ${String(Math.round(ms)).padStart(5)} ms`;
  return [
    ...HOPS.map((hop) => row(HOP_NAMES[hop], hops[hop])),
    styleText('bold', row('from the end of the selfie to the webhook', totalMs)),
  ];
}
