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

/**
 * Brings up a stack of its own with a relying app beside it, hands both over, and stops and removes
 * everything afterwards.
 */
export async function withDemoStack<Result>(
  log: (line: string) => void,
  use: (context: SceneContext) => Promise<Result>,
  options: Pick<StackOptions, 'extraEnv'> = {},
): Promise<Result> {
  const dataDir = mkdtempSync(join(tmpdir(), 'regard-demo-'));
  const app = await createRelyingApp();
  try {
    const stack = await startStack({ ...options, dataDir, log, destinationUrl: app.webhookUrl });
    const hops = createHopReader(stack.urls.postgres, stack.urls.redis);
    try {
      app.connect({
        gatewayUrl: stack.urls.gateway,
        tokenServiceUrl: stack.urls.tokenService,
        applicationId: stack.info.applicationId,
        apiKey: stack.info.apiKey,
        webhookSecret: stack.info.destination?.secret ?? '',
      });
      return await use({ stack, app, hops, people: await samplePeople() });
    } finally {
      await hops.close();
      await stack.stop();
    }
  } finally {
    await app.close();
    rmSync(dataDir, { recursive: true, force: true });
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
