// Times the stages of an analysis on this machine, one core, warm. Run: node scripts/time-pipeline.ts
import { reshoot, samplePeople } from '@regard/testkit/photos';
import sharp from 'sharp';
import { createFaceEngine } from '../src/engine.ts';

const RUNS = 30;
const WARM_UP = 10;
const SIZES = [
  [480, 640],
  [720, 1280],
] as const;

const engine = await createFaceEngine();
const [person] = await samplePeople();
if (person === undefined) throw new Error('There is no sample person');
const capture = await reshoot(person.portrait, { seed: 1 });
for (const [width, height] of SIZES) {
  const image = await sharp(capture).resize(width, height, { fit: 'cover' }).jpeg().toBuffer();
  const stages: Record<string, number[]> = {};
  for (let run = 0; run < RUNS + WARM_UP; run++) {
    const started = performance.now();
    const { timings } = await engine.analyze(image);
    if (run < WARM_UP) continue;
    const all = { ...timings, total: performance.now() - started };
    for (const [stage, ms] of Object.entries(all)) {
      stages[stage] = [...(stages[stage] ?? []), ms];
    }
  }
  console.log(`${width}x${height}, ${RUNS} runs, milliseconds: median (95th percentile)`);
  for (const [stage, times] of Object.entries(stages)) {
    times.sort((a, b) => a - b);
    const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
    console.log(`  ${stage.padEnd(10)} ${at(0.5).padStart(7)} (${at(0.95)})`);
  }
}
