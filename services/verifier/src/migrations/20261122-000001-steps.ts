import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which sign-in of the gateway a session is a step of, so that a step-up finds its reference. */
export const steps: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};

const STATEMENTS = [
  `alter table biometrics.sessions add column step_of uuid`,
  // References a further step may need, and the sweep that forgets them.
  `create index sessions_by_step on biometrics.sessions (step_of) where reference is not null`,
  `create index sessions_with_reference on biometrics.sessions (deadline)
    where reference is not null`,
];
