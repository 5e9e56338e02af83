import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Database, DatabaseTransaction, User } from './schema.ts';

/**
 * The user an application calls by `vendor_data`, made at the first mention. Its id is random and
 * differs between applications: that is all a verification provider ever learns of the person.
 */
export async function findOrCreateUser(
  db: Database,
  applicationId: string,
  vendorData: string,
): Promise<User> {
  const found = () =>
    db
      .selectFrom('reauth.users')
      .selectAll()
      .where('application_id', '=', applicationId)
      .where('vendor_data', '=', vendorData)
      .executeTakeFirst();
  const existing = await found();
  if (existing) return existing;
  await db
    .insertInto('reauth.users')
    .values({
      id: uuidv7(),
      application_id: applicationId,
      vendor_data: vendorData,
      last_selfie_at: null,
      usual_match_score: null,
      locked_until: null,
    })
    .onConflict((conflict) => conflict.columns(['application_id', 'vendor_data']).doNothing())
    .execute();
  const created = await found();
  if (!created) throw new Error('A user vanished while it was created');
  return created;
}

/** The user's row, locked until the transaction ends: failures and averages are counted one by one. */
export async function lockUser(trx: DatabaseTransaction, userId: string): Promise<User | null> {
  const row = await trx
    .selectFrom('reauth.users')
    .selectAll()
    .where('id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

export async function updateUser(
  trx: DatabaseTransaction,
  userId: string,
  change: Partial<
    Pick<User, 'last_selfie_at' | 'usual_match_score' | 'recent_failures' | 'locked_until'>
  >,
): Promise<void> {
  await trx.updateTable('reauth.users').set(change).where('id', '=', userId).execute();
}

export type ContextKind = 'device' | 'address';

/** Devices and addresses are remembered by a hash bound to the user, never as they are. */
export function contextHash(userId: string, kind: ContextKind, value: string): Buffer {
  return createHash('sha256').update(`${userId}\n${kind}\n${value}`).digest();
}

/** Which of these contexts were part of an Approved selfie of the user since a moment. */
export async function knownContexts(
  db: Database,
  userId: string,
  hashes: { device: Buffer | null; address: Buffer | null },
  since: Date,
): Promise<Record<ContextKind, boolean>> {
  const wanted = [hashes.device, hashes.address].filter((hash) => hash !== null);
  if (wanted.length === 0) return { device: false, address: false };
  const rows = await db
    .selectFrom('reauth.known_contexts')
    .select('kind')
    .where('user_id', '=', userId)
    .where('value_hash', 'in', wanted)
    .where('last_approved_at', '>', since)
    .execute();
  const kinds = rows.map(({ kind }) => kind);
  return { device: kinds.includes('device'), address: kinds.includes('address') };
}

/** Remembers the contexts of an Approved selfie. */
export async function rememberContexts(
  trx: DatabaseTransaction,
  userId: string,
  hashes: { device: Buffer | null; address: Buffer | null },
  approvedAt: Date,
): Promise<void> {
  const rows = (['device', 'address'] as const).flatMap((kind) => {
    const hash = hashes[kind];
    return hash === null
      ? []
      : [{ user_id: userId, kind, value_hash: hash, last_approved_at: approvedAt }];
  });
  if (rows.length === 0) return;
  await trx
    .insertInto('reauth.known_contexts')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'kind', 'value_hash']).doUpdateSet({
        last_approved_at: sql`greatest(known_contexts.last_approved_at, excluded.last_approved_at)`,
      }),
    )
    .execute();
}

/** Forgets the contexts of an approval that was taken back. */
export async function forgetContexts(
  trx: DatabaseTransaction,
  userId: string,
  hashes: { device: Buffer | null; address: Buffer | null },
): Promise<void> {
  const values = [hashes.device, hashes.address].filter((hash) => hash !== null);
  if (values.length === 0) return;
  await trx
    .deleteFrom('reauth.known_contexts')
    .where('user_id', '=', userId)
    .where('value_hash', 'in', values)
    .execute();
}
