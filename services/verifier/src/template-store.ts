import type { CalibrationKind, Database, DatabaseTransaction } from './schema.ts';

export interface StoredTemplate {
  id: string;
  sealed: Buffer;
}

/** What a template is sealed to: a row copied to another person does not open. */
export const templateContext = (subject: string) => `biometrics.templates:${subject}`;
export const referenceContext = (sessionId: string) => `biometrics.sessions.reference:${sessionId}`;

export async function findTemplate(
  db: Database,
  subject: string,
  calibration: CalibrationKind,
): Promise<StoredTemplate | null> {
  const row = await db
    .selectFrom('biometrics.templates')
    .select(['id', 'sealed'])
    .where('subject', '=', subject)
    .where('calibration', '=', calibration)
    .executeTakeFirst();
  return row ?? null;
}

export interface NewTemplate {
  id: string;
  subject: string;
  calibration: CalibrationKind;
  sessionId: string;
  sealed: Buffer;
  createdAt: Date;
}

/** Stores the person's template in place of an earlier one. */
export async function replaceTemplate(
  trx: DatabaseTransaction,
  template: NewTemplate,
): Promise<void> {
  const { id, sealed } = template;
  const origin = { session_id: template.sessionId, created_at: template.createdAt };
  await trx
    .insertInto('biometrics.templates')
    .values({
      id,
      sealed,
      subject: template.subject,
      calibration: template.calibration,
      ...origin,
    })
    .onConflict((conflict) =>
      conflict.columns(['subject', 'calibration']).doUpdateSet({ id, sealed, ...origin }),
    )
    .execute();
}

/** The template this enrolment session made, unless a later one has replaced it. */
export async function findTemplateOfSession(
  trx: DatabaseTransaction,
  sessionId: string,
): Promise<string | null> {
  const row = await trx
    .selectFrom('biometrics.templates')
    .select('id')
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  return row?.id ?? null;
}

export async function deleteTemplate(trx: DatabaseTransaction, id: string): Promise<void> {
  await trx.deleteFrom('biometrics.templates').where('id', '=', id).execute();
}

/** Erases everything enrolled of a person; gives the id of one of the templates, if any. */
export async function deleteTemplatesOf(
  trx: DatabaseTransaction,
  subject: string,
): Promise<string | null> {
  const rows = await trx
    .deleteFrom('biometrics.templates')
    .where('subject', '=', subject)
    .returning('id')
    .execute();
  return rows[0]?.id ?? null;
}
