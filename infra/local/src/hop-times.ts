import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';

/** The way of one selfie, in order. */
export const HOPS = ['face', 'verdict', 'queue', 'decision', 'webhook'] as const;

export type Hop = (typeof HOPS)[number];

/** What each hop is, for people. */
export const HOP_NAMES: Record<Hop, string> = {
  face: 'selfie received and judged',
  verdict: 'verdict signed, posted, verified, queued',
  queue: 'waiting in the queue',
  decision: 'decided, committed, taken from the outbox',
  webhook: 'stream written, webhook delivered',
};

export interface HopTimes {
  /** Milliseconds of each hop; they add up to the total. */
  hops: Record<Hop, number>;
  totalMs: number;
}

export interface HopReader {
  /**
   * The hops of a session's last step.
   *
   * @param selfieEnd unix milliseconds at which the last byte of the selfie was sent
   * @param receivedAt unix milliseconds at which the app had the webhook of the decision
   */
  read: (sessionId: string, selfieEnd: number, receivedAt: number) => Promise<HopTimes>;
  close: () => Promise<void>;
}

/**
 * Reads the moments of a sign-in from what each part wrote down at the time: the verifier's and the
 * decision side's rows, and BullMQ's job. All clocks are this machine's.
 *
 * @param adminUrl may read every owner's tables, which no service can
 */
export function createHopReader(adminUrl: string, redisUrl: string): HopReader {
  const pool = new pg.Pool({ connectionString: adminUrl, max: 2 });
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('verdicts', { connection: redis, prefix: 'regard' });
  return {
    read: async (sessionId, selfieEnd, receivedAt) => {
      const row = await momentsOf(pool, sessionId);
      const job = await queue.getJob(row.eventId);
      if (job?.processedOn === undefined) throw new Error('The job of this verdict is gone');
      const moments = [
        selfieEnd,
        row.judgedAt,
        job.timestamp,
        job.processedOn,
        // The commit itself leaves no time behind; the dispatcher is woken by it.
        row.publishedAt,
        receivedAt,
      ];
      return hopsBetween(moments);
    },
    close: async () => {
      await queue.close();
      redis.disconnect();
      await pool.end();
    },
  };
}

function hopsBetween(moments: number[]): HopTimes {
  const entries = HOPS.map((hop, index) => {
    const from = moments[index] ?? 0;
    return [hop, Math.max(0, (moments[index + 1] ?? from) - from)] as const;
  });
  const totalMs = (moments.at(-1) ?? 0) - (moments[0] ?? 0);
  return { hops: Object.fromEntries(entries) as Record<Hop, number>, totalMs };
}

async function momentsOf(pool: pg.Pool, sessionId: string) {
  const { rows } = await pool.query<{ event_id: string; judged_at: Date; published_at: Date }>(
    `select verdict.event_id, provider.finished_at as judged_at, outbox.published_at
     from reauth.verdicts verdict
     join biometrics.sessions provider on provider.id = verdict.provider_session_id
     join reauth.sessions session on session.id = verdict.session_id
     join reauth.outbox outbox
       on outbox.session_id = session.id and outbox.sequence = session.sequence
     where verdict.session_id = $1 and verdict.outcome = 'applied'
       and verdict.status in ('Approved', 'Declined', 'In Review')
     order by verdict.received_at desc limit 1`,
    [sessionId],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('This session has no decided verdict');
  return {
    eventId: row.event_id,
    judgedAt: row.judged_at.getTime(),
    publishedAt: row.published_at.getTime(),
  };
}
