import { claimOutbox, type Database, markPublished } from '@regard/store';
import type { Redis } from 'ioredis';
import { publishToStream } from './publish-stream.ts';

const BATCH_SIZE = 100;

export interface PublishDeps {
  db: Database;
  redis: Redis;
  streamMaxLength: number;
  /** Called after each batch with the number of its events. */
  onPublished: (count: number) => void;
}

/**
 * Moves all unpublished events out, batch by batch. One transaction a batch: deliveries are
 * planned, the stream is written, the rows are marked. A crash in between repeats the batch under
 * the same event ids; nothing is lost.
 */
export async function publishOutbox(deps: PublishDeps): Promise<void> {
  for (;;) {
    const count = await publishBatch(deps);
    if (count > 0) deps.onPublished(count);
    if (count < BATCH_SIZE) return;
  }
}

function publishBatch({ db, redis, streamMaxLength }: PublishDeps): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const claim = await claimOutbox(trx, BATCH_SIZE);
    if (!claim.ok || claim.events.length === 0) return 0;
    await publishToStream(redis, claim.events, streamMaxLength);
    const ids = claim.events.map((event) => event.id);
    await markPublished(trx, ids);
    return ids.length;
  });
}
