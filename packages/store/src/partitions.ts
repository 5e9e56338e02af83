import { sql } from 'kysely';
import type { Database } from './schema.ts';

/** Months that are always prepared in front of the current one. */
const MONTHS_AHEAD = 3;

/** Makes the monthly partitions that are missing. Cheap when there are none to make. */
export async function ensurePartitions(db: Database): Promise<number> {
  const { rows } = await sql<{ made: number }>`
    select reauth.ensure_partitions(${MONTHS_AHEAD}) as made`.execute(db);
  return rows[0]?.made ?? 0;
}
