import type { JsonObject } from '@regard/contract';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from './schema.ts';

export interface DeadLetter {
  queue: string;
  jobId: string;
  payload: JsonObject;
  cause: string;
  attempts: number;
}

/** Keeps a job that failed for good, with its cause, where an operator can read it. */
export async function storeDeadLetter(db: Database, letter: DeadLetter, now: Date): Promise<void> {
  await db
    .insertInto('reauth.dead_letters')
    .values({
      id: uuidv7(),
      queue: letter.queue,
      job_id: letter.jobId,
      payload: JSON.stringify(letter.payload),
      cause: letter.cause.slice(0, 2000),
      attempts: letter.attempts,
      created_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['queue', 'job_id'])
        .doUpdateSet({ cause: letter.cause.slice(0, 2000), attempts: letter.attempts }),
    )
    .execute();
}

export function countDeadLetters(db: Database): Promise<number> {
  return db
    .selectFrom('reauth.dead_letters')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
    .then((row) => row.count);
}
