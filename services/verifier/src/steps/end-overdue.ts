import type { VerifierContext } from '../context.ts';
import { unfinished } from '../findings.ts';
import type { UnsentEvent } from '../schema.ts';
import { lockOverdueSessions } from '../session-store.ts';
import { findWorkflow } from '../workflows.ts';
import { finishSession } from './change-status.ts';

const BATCH = 50;

/**
 * Ends sessions whose time is up: unopened ones expire, opened ones are abandoned.
 *
 * @returns how many there were; a full batch means that there may be more
 */
export async function endOverdue({
  db,
  now,
  send,
}: Pick<VerifierContext, 'db' | 'now' | 'send'>): Promise<number> {
  const events = await db.transaction().execute(async (trx) => {
    const at = now();
    const ended: UnsentEvent[] = [];
    for (const session of await lockOverdueSessions(trx, at, BATCH)) {
      const workflow = findWorkflow(session.workflow_id);
      const opened = session.status === 'In Progress';
      const findings = opened && workflow !== null ? unfinished(workflow) : null;
      const status = opened ? 'Abandoned' : 'Expired';
      ended.push(await finishSession(trx, session, status, findings, at));
    }
    return ended;
  });
  for (const event of events) send(event);
  return events.length;
}
