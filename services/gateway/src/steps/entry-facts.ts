import { type CreateSessionBody, signInContext, type WorkflowConfig } from '@regard/contract';
import type { EntryFacts, Network } from '@regard/policy';
import { addressKey, normalizeAddress } from '@regard/signals';
import { contextHash, type Database, knownContexts, type User } from '@regard/store';

const DAY_MS = 86_400_000;

/** What is known about a sign-in when it begins, and what of it the session keeps. */
export interface Entry {
  facts: EntryFacts;
  network: Network;
  /** The address in one form; null when none, or none that can be read, was stated. */
  address: string | null;
  deviceHash: Buffer | null;
  addressHash: Buffer | null;
}

/** Gathers the facts of the entry rule from what the app states and what we remember of the user. */
export async function gatherEntry(
  db: Database,
  body: Pick<CreateSessionBody, 'metadata' | 'purpose'>,
  user: User | null,
  rule: WorkflowConfig['entry'],
  networkOf: (address: string) => Network,
  now: Date,
): Promise<Entry> {
  const stated = signInContext(body.metadata);
  const address = stated.fromIp === null ? null : normalizeAddress(stated.fromIp);
  const network = address === null ? 'ordinary' : networkOf(address);
  const hashes = {
    device: hashOf(user, 'device', stated.deviceId),
    address: hashOf(user, 'address', address === null ? null : addressKey(address)),
  };
  const since = new Date(now.getTime() - rule.known_for_days * DAY_MS);
  const known =
    user === null
      ? { device: false, address: false }
      : await knownContexts(db, user.id, hashes, since);
  return {
    network,
    address,
    deviceHash: hashes.device,
    addressHash: hashes.address,
    facts: {
      purpose: body.purpose,
      hasDevice: stated.deviceId !== null,
      hasAddress: address !== null,
      deviceKnown: known.device,
      addressKnown: known.address,
      network,
      daysSinceSelfie: daysSince(user?.last_selfie_at ?? null, now),
    },
  };
}

function hashOf(
  user: User | null,
  kind: 'device' | 'address',
  value: string | null,
): Buffer | null {
  return user === null || value === null ? null : contextHash(user.id, kind, value);
}

function daysSince(moment: Date | null, now: Date): number | null {
  return moment === null ? null : (now.getTime() - moment.getTime()) / DAY_MS;
}
