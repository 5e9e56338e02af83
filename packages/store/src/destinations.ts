import { WEBHOOK_TYPES, type WebhookType } from '@regard/contract';
import { randomText, seal, unseal } from '@regard/service-kit';
import { v7 as uuidv7 } from 'uuid';
import type { Database, Destination } from './schema.ts';

/** Length of a destination's `secret_shared_key`: 43 URL-safe characters, 256 bits and more. */
const SECRET_CHARACTERS = 43;

/**
 * Creates a destination, or returns the one the application already has for this url.
 *
 * @param sealingKey 32 bytes; the secret is kept sealed with it
 * @returns the secret in clear, which is shown this once
 */
export async function createDestination(
  db: Database,
  destination: {
    applicationId: string;
    label: string;
    url: string;
    subscribedEvents?: WebhookType[];
    secret?: string;
  },
  sealingKey: Buffer,
): Promise<{ id: string; secret: string }> {
  const existing = await db
    .selectFrom('reauth.destinations')
    .selectAll()
    .where('application_id', '=', destination.applicationId)
    .where('url', '=', destination.url)
    .executeTakeFirst();
  if (existing) return { id: existing.id, secret: destinationSecret(existing, sealingKey) };
  const id = uuidv7();
  const secret = destination.secret ?? randomText(SECRET_CHARACTERS);
  await db
    .insertInto('reauth.destinations')
    .values({
      id,
      application_id: destination.applicationId,
      label: destination.label,
      url: destination.url,
      subscribed_events: destination.subscribedEvents ?? [...WEBHOOK_TYPES],
      secret_sealed: seal(secret, sealingKey, sealingContext(id)),
    })
    .execute();
  return { id, secret };
}

/** The shared secret of a destination in clear. */
export function destinationSecret(destination: Destination, sealingKey: Buffer): string {
  return unseal(destination.secret_sealed, sealingKey, sealingContext(destination.id)).toString();
}

function sealingContext(id: string): string {
  return `reauth.destinations/${id}`;
}
