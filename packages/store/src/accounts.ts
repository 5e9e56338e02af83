import { type WorkflowConfigInput, workflowConfigSchema } from '@regard/contract';
import { hashSecret } from '@regard/service-kit';
import { v7 as uuidv7 } from 'uuid';
import type { Application, Database, Environment, Workflow } from './schema.ts';

export type KeyLookup =
  | { ok: true; application: Application }
  | { ok: false; reason: 'UNKNOWN' | 'EXPIRED' };

/** Finds the application of an API key by the key's hash; revoked keys are as unknown as none. */
export async function findApplicationByKey(
  db: Database,
  apiKey: string,
  now: Date,
): Promise<KeyLookup> {
  const row = await db
    .selectFrom('reauth.api_keys as key')
    .innerJoin('reauth.applications as app', 'app.id', 'key.application_id')
    .selectAll('app')
    .select(['key.expires_at', 'key.revoked_at'])
    .where('key.key_hash', '=', hashSecret(apiKey))
    .executeTakeFirst();
  if (row === undefined || row.revoked_at !== null) return { ok: false, reason: 'UNKNOWN' };
  const { expires_at: expiresAt, revoked_at: _revokedAt, ...application } = row;
  if (expiresAt !== null && expiresAt <= now) return { ok: false, reason: 'EXPIRED' };
  return { ok: true, application };
}

export async function createApplication(
  db: Database,
  application: { id?: string; name: string; environment: Environment },
): Promise<string> {
  const id = application.id ?? uuidv7();
  await db
    .insertInto('reauth.applications')
    .values({ ...application, id })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return id;
}

/** Adds an API key to an application; only its hash is kept. Adding it twice changes nothing. */
export async function addApiKey(
  db: Database,
  key: { applicationId: string; apiKey: string; label?: string; expiresAt?: Date },
): Promise<void> {
  await db
    .insertInto('reauth.api_keys')
    .values({
      key_hash: hashSecret(key.apiKey),
      application_id: key.applicationId,
      label: key.label ?? '',
      expires_at: key.expiresAt ?? null,
      revoked_at: null,
    })
    .onConflict((conflict) => conflict.column('key_hash').doNothing())
    .execute();
}

/**
 * Publishes a workflow: its first version, or the next one when the id exists.
 *
 * @throws ZodError when the config is not valid
 */
export async function publishWorkflow(
  db: Database,
  workflow: { id?: string; applicationId: string; label: string; config: WorkflowConfigInput },
): Promise<{ id: string; version: number }> {
  const id = workflow.id ?? uuidv7();
  const config = workflowConfigSchema.parse(workflow.config);
  const latest = await db
    .selectFrom('reauth.workflows')
    .select((eb) => eb.fn.max('version').as('version'))
    .where('id', '=', id)
    .executeTakeFirst();
  const version = (latest?.version ?? 0) + 1;
  await db
    .insertInto('reauth.workflows')
    .values({
      id,
      version,
      application_id: workflow.applicationId,
      label: workflow.label,
      config: JSON.stringify(config),
    })
    .execute();
  return { id, version };
}

/** The newest published version of a workflow of this application. */
export async function findWorkflow(
  db: Database,
  applicationId: string,
  workflowId: string,
): Promise<Workflow | null> {
  const row = await db
    .selectFrom('reauth.workflows')
    .selectAll()
    .where('id', '=', workflowId)
    .where('application_id', '=', applicationId)
    .where('status', '=', 'published')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? withDefaults(row) : null;
}

/** The version a session was opened with, which later versions do not change. */
export async function findWorkflowVersion(
  db: Database,
  workflowId: string,
  version: number,
): Promise<Workflow | null> {
  const row = await db
    .selectFrom('reauth.workflows')
    .selectAll()
    .where('id', '=', workflowId)
    .where('version', '=', version)
    .executeTakeFirst();
  return row ? withDefaults(row) : null;
}

/** A config stored before a setting existed gets that setting's default. */
function withDefaults(workflow: Workflow): Workflow {
  return { ...workflow, config: workflowConfigSchema.parse(workflow.config) };
}
