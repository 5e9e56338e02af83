import {
  APPROVAL_LIFETIME_SECONDS,
  type Approval,
  RegardError,
  verifyApproval,
} from '@regard/contract';
import type { Redis } from 'ioredis';
import type { JWTVerifyGetKey } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { type Grant, type GrantOutcome, revokeGrants } from '../grants.ts';
import { issueRefreshToken } from '../refresh-tokens.ts';
import type { TokensDatabase } from '../schema.ts';

/** Longer than an approval is accepted, so that the claim outlives it whatever the clocks say. */
const CLAIM_SECONDS = 2 * APPROVAL_LIFETIME_SECONDS;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface RedeemOptions {
  database: TokensDatabase;
  redis: Redis;
  /** Keys that may sign approvals. */
  approvalKeys: JWTVerifyGetKey;
  /** Absolute life of a grant. */
  refreshTokenDays: number;
}

/**
 * Redeems an approval, once, for the application it was made for. A second redemption is refused and
 * ends the grant of the first: one of the two callers stole it, and we cannot tell which
 * (RFC 6749, 4.1.2). An approval shown by another application stays unspent.
 *
 * @throws RegardError RGD_UNAVAILABLE when Redis is away; the approval is then not spent
 */
export async function redeemApproval(
  assertion: string,
  applicationId: string,
  { database, redis, approvalKeys, refreshTokenDays }: RedeemOptions,
  now: Date,
): Promise<GrantOutcome> {
  const check = await verifyApproval(assertion, approvalKeys, now);
  if (!check.ok) {
    const reason = check.reason === 'EXPIRED' ? 'approval_expired' : 'approval_invalid';
    return { granted: false, reason, sessionId: null };
  }
  const { approval } = check;
  const { sessionId } = approval;
  if (approval.applicationId !== applicationId) {
    return { granted: false, reason: 'other_client', sessionId };
  }
  return database.transaction().execute(async (transaction) => {
    const expiresAt = new Date(now.getTime() + refreshTokenDays * DAY_MS);
    const grant = await insertGrant(transaction, approval, now, expiresAt);
    // Two guards, so that neither a Redis that lost its data nor a Postgres restored to an earlier
    // moment lets an approval pass twice. Postgres goes first because a caller that comes second
    // waits there for the first to commit, and therefore always finds the grant to revoke.
    if (grant === null || !(await claim(redis, approval.id))) {
      const reason = 'approval_replayed';
      await revokeGrants(transaction, { approval_id: approval.id }, reason, now);
      return { granted: false, reason, sessionId };
    }
    const refreshToken = await issueRefreshToken(transaction, grant.id, now);
    return { granted: true, grant, refreshToken };
  });
}

/** @returns null when the approval already has a grant */
async function insertGrant(
  database: TokensDatabase,
  approval: Approval,
  now: Date,
  expiresAt: Date,
): Promise<Grant | null> {
  const grant = await database
    .insertInto('tokens.grants')
    .values({
      id: uuidv7(),
      approval_id: approval.id,
      application_id: approval.applicationId,
      subject: approval.subject,
      session_id: approval.sessionId,
      acr: approval.acr,
      amr: approval.amr,
      authenticated_at: new Date(approval.authenticatedAt * 1000),
      created_at: now,
      expires_at: expiresAt,
    })
    .onConflict((conflict) => conflict.column('approval_id').doNothing())
    .returningAll()
    .executeTakeFirst();
  return grant ?? null;
}

/** @returns false when the approval was claimed before */
async function claim(redis: Redis, approvalId: string): Promise<boolean> {
  try {
    const key = `regard:tokens:approval:${approvalId}`;
    return (await redis.set(key, '1', 'EX', CLAIM_SECONDS, 'NX')) === 'OK';
  } catch (cause) {
    throw new RegardError('RGD_UNAVAILABLE', { retryAfterSeconds: 1, cause });
  }
}
