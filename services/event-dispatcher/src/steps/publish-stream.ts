import { canonicalJson } from '@regard/contract';
import type { OutboxEvent } from '@regard/store';
import type { Redis } from 'ioredis';

/** The Redis Stream of all events, for consumer groups of downstream services. */
export const EVENT_STREAM = 'regard:events';

/**
 * Appends events to the stream as CloudEvents 1.0: one field an attribute, `data` the canonical
 * webhook body without `timestamp`. An event may be appended twice after a crash, with the same id.
 *
 * @param maxLength events to keep, approximately
 * @throws when Redis did not take all of them
 */
export async function publishToStream(
  redis: Redis,
  events: readonly OutboxEvent[],
  maxLength: number,
): Promise<void> {
  const pipeline = redis.pipeline();
  for (const event of events) {
    pipeline.xadd(EVENT_STREAM, 'MAXLEN', '~', maxLength, '*', ...cloudEventFields(event));
  }
  const results = await pipeline.exec();
  if (results === null) throw new Error('Redis dropped the pipeline');
  for (const [error] of results) if (error) throw error;
}

function cloudEventFields(event: OutboxEvent): string[] {
  return Object.entries({
    specversion: '1.0',
    id: event.id,
    source: `/applications/${event.application_id}`,
    type: cloudEventType(event.webhook_type),
    time: event.created_at.toISOString(),
    subject: event.session_id,
    // The CloudEvents extension of that name: numbers of one subject only ever rise.
    sequence: String(event.sequence),
    datacontenttype: 'application/json',
    data: canonicalJson(event.body),
  }).flat();
}

/** `status.updated` → `regard.session.status.updated`; user events carry their subject already. */
function cloudEventType(webhookType: string): string {
  return webhookType.startsWith('user.')
    ? `regard.${webhookType}`
    : `regard.session.${webhookType}`;
}
