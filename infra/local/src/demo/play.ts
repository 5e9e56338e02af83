import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { samplePeople } from '@regard/testkit/photos';
import { createRelyingApp } from '@regard/testkit/relying-app';
import { createHopReader, type HopTimes } from '../hop-times.ts';
import { type StackOptions, startStack } from '../stack.ts';
import type { SceneContext } from './scene.ts';
import { SCENES } from './scenes.ts';

export interface PlayedScene {
  name: string;
  ok: boolean;
  facts: string[];
  timeline?: HopTimes;
  /** Why it is not ok. */
  failure?: string;
}

export interface RunningDemo {
  context: SceneContext;
  /** Stops and removes everything. */
  stop: () => Promise<void>;
}

/** Brings up a stack of its own, in a folder of its own, with a relying app beside it. */
export async function startDemo(
  log: (line: string) => void,
  options: Pick<StackOptions, 'extraEnv'> = {},
): Promise<RunningDemo> {
  const dataDir = mkdtempSync(join(tmpdir(), 'regard-demo-'));
  const app = await createRelyingApp();
  const undo = [() => rmSync(dataDir, { recursive: true, force: true }), app.close];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const stack = await startStack({ ...options, dataDir, log, destinationUrl: app.webhookUrl });
    undo.push(stack.stop);
    const hops = createHopReader(stack.urls.postgres, stack.urls.redis);
    undo.push(hops.close);
    app.connect({
      gatewayUrl: stack.urls.gateway,
      tokenServiceUrl: stack.urls.tokenService,
      applicationId: stack.info.applicationId,
      apiKey: stack.info.apiKey,
      webhookSecret: stack.info.destination?.secret ?? '',
    });
    return { context: { stack, app, hops, people: await samplePeople() }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The same for the time of one function. */
export async function withDemoStack<Result>(
  log: (line: string) => void,
  use: (context: SceneContext) => Promise<Result>,
  options: Pick<StackOptions, 'extraEnv'> = {},
): Promise<Result> {
  const demo = await startDemo(log, options);
  try {
    return await use(demo.context);
  } finally {
    await demo.stop();
  }
}

/** Plays the scenes in order. One that fails does not keep the later ones from being tried. */
export async function playScenes(
  context: SceneContext,
  onPlayed: (scene: PlayedScene) => void = () => {},
): Promise<PlayedScene[]> {
  const played: PlayedScene[] = [];
  for (const { name, play } of SCENES) {
    const scene = await play(context).then(
      (result): PlayedScene => ({ name, ok: true, ...result }),
      (error: Error): PlayedScene => ({ name, ok: false, facts: [], failure: error.message }),
    );
    onPlayed(scene);
    played.push(scene);
  }
  return played;
}
