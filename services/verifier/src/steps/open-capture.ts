import { RegardError } from '@regard/contract';
import type { VerifierContext } from '../context.ts';
import type { SessionRow } from '../schema.ts';
import { findSessionByToken, isOpen } from '../session-store.ts';
import { findWorkflow, type VerifierWorkflow } from '../workflows.ts';
import { beginCapture } from './change-status.ts';
import { settleCapture } from './settle-capture.ts';

/** A session that takes pictures now. */
export interface OpenCapture {
  session: SessionRow;
  workflow: VerifierWorkflow;
}

/**
 * Finds the session of a page's link for a request of the page, and opens it if this is the first.
 *
 * @throws RegardError RGD_NOT_FOUND, or RGD_CAPTURE_CLOSED when it takes no more pictures
 */
export async function openCapture(context: VerifierContext, token: string): Promise<OpenCapture> {
  const session = await findSessionByToken(context.db, token);
  if (session === null) throw new RegardError('RGD_NOT_FOUND');
  const workflow = findWorkflow(session.workflow_id);
  const closed = !isOpen(session, context.now());
  if (closed || workflow === null || context.calibrations[workflow.calibration] === undefined) {
    throw new RegardError('RGD_CAPTURE_CLOSED');
  }
  if (session.status === 'Not Started') {
    await settleCapture(context, session.id, async (trx, locked, at) => ({
      answer: null,
      // Two requests may open at the same moment; one of them does.
      event: locked.status === 'Not Started' ? await beginCapture(trx, locked, at) : null,
    }));
  }
  return { session, workflow };
}
