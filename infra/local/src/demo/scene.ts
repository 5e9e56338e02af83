import type { SamplePerson } from '@regard/testkit/photos';
import type { RelyingApp } from '@regard/testkit/relying-app';
import type { HopReader, HopTimes } from '../hop-times.ts';
import type { Stack } from '../stack.ts';

export interface SceneContext {
  stack: Stack;
  app: RelyingApp;
  hops: HopReader;
  /** Photos of real people out of installed packages. */
  people: SamplePerson[];
}

/** One thing that happened, as the demo shows it. */
export interface SceneResult {
  /** What was seen, one line each. */
  facts: string[];
  /** From the end of the selfie to the webhook; absent where no selfie was judged. */
  timeline?: HopTimes;
}

/** A step of the demo. It throws when anything is not as it should be. */
export interface Scene {
  name: string;
  play: (context: SceneContext) => Promise<SceneResult>;
}

/** Fails a scene with what was expected and what was seen. */
export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (actual === expected) return;
  throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}
