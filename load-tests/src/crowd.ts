import type { SceneContext } from '@regard/local/demo/scene';
import { enrol } from '@regard/local/demo/sign-in';
import { reshoot } from '@regard/testkit/photos';

/** Further captures of each person, made before the clock runs. */
const SELFIES_PER_PERSON = 6;

/** A crowd signs in with one API key, whose limit is not what is measured. */
export const LOAD_STACK = { extraEnv: { gateway: { SESSION_CREATES_PER_MINUTE: '1000000' } } };

export interface CrowdMember {
  /** The app's id of the person. */
  user: string;
  selfies: Buffer[];
}

/** Enrols users with the faces of the sample people, so that a load test has somebody to sign in. */
export async function enrolCrowd(context: SceneContext, size: number): Promise<CrowdMember[]> {
  const workflow = context.stack.info.workflows.signIn;
  const looks = await Promise.all(
    context.people.map(async ({ portrait }) => ({
      frames: await captures(portrait, 1, 3),
      selfies: await captures(portrait, 100, SELFIES_PER_PERSON),
    })),
  );
  const crowd: CrowdMember[] = [];
  for (let index = 0; index < size; index++) {
    const look = looks[index % looks.length];
    if (look === undefined) throw new Error('There are no sample people');
    const user = `crowd-${index}`;
    await enrol(context, { workflow, user, frames: look.frames });
    crowd.push({ user, selfies: look.selfies });
  }
  return crowd;
}

function captures(portrait: Buffer, firstSeed: number, count: number): Promise<Buffer[]> {
  const seeds = Array.from({ length: count }, (_, index) => firstSeed + index);
  return Promise.all(seeds.map((seed) => reshoot(portrait, { seed })));
}
