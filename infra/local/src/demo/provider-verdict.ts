import { randomUUID } from 'node:crypto';
import { attemptBody, type JsonObject, signCanonicalBody, signingKey } from '@regard/contract';
import pg from 'pg';
import type { SceneContext } from './scene.ts';

/** A verdict as a provider would send it: an Approved passive selfie of good scores. */
export function verdictBody(providerSessionId: string, sessionId: string): JsonObject {
  return {
    event_id: randomUUID(),
    webhook_type: 'status.updated',
    created_at: Math.floor(Date.now() / 1000),
    session_id: providerSessionId,
    status: 'Approved',
    metadata: { regard_session_id: sessionId },
    liveness: { status: 'Approved', method: 'PASSIVE', score: 96 },
    face: { status: 'Approved', similarity_score: 0.91 },
  };
}

/** Signs a verdict and posts it to webhook-ingest. */
export async function postVerdict(
  { stack }: SceneContext,
  body: JsonObject,
  secret: string,
  timestamp: number,
): Promise<{ status: number; code: string | undefined }> {
  const text = attemptBody(body, timestamp);
  const headers = { ...signCanonicalBody(text, body, signingKey(secret), timestamp) };
  const response = await fetch(stack.info.ingest.url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: text,
  });
  const { code } = (await response.json()) as { code?: string };
  return { status: response.status, code };
}

/** The session at the provider behind one of ours; no API tells it. */
export async function providerSessionOf(context: SceneContext, id: string): Promise<string> {
  const [row] = await query<{ provider_session_id: string }>(
    context,
    'select provider_session_id from reauth.sessions where id = $1',
    id,
  );
  return row?.provider_session_id ?? '';
}

/** What a session's verdicts led to; null until one of them has been ignored. */
export async function countAfterRepeats(context: SceneContext, id: string) {
  const [row] = await query<{ decisions: number; usage: number; ignored: number }>(
    context,
    `select
      (select count(*)::int from reauth.session_events
        where session_id = $1 and status = 'Approved') as decisions,
      (select count(*)::int from reauth.usage where session_id = $1) as usage,
      (select count(*)::int from reauth.verdicts
        where session_id = $1 and outcome = 'ignored') as ignored`,
    id,
  );
  return row !== undefined && row.ignored > 0 ? row : null;
}

async function query<Row extends pg.QueryResultRow>(
  { stack }: SceneContext,
  sql: string,
  id: string,
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: stack.urls.postgres });
  await client.connect();
  try {
    return (await client.query<Row>(sql, [id])).rows;
  } finally {
    await client.end();
  }
}
