import { attemptsLeft, type CaptureAnswer, type FrameRefusal } from '../capture-answer.ts';
import { noUsableFrame } from '../findings.ts';
import type { DatabaseTransaction, SessionRow } from '../schema.ts';
import { changeSession } from '../session-store.ts';
import type { VerifierWorkflow } from '../workflows.ts';
import { finishSession } from './change-status.ts';
import type { Settled } from './settle-capture.ts';

/** Counts a frame that cannot be used; the last attempt ends the session as Declined. */
export async function refuseFrame(
  trx: DatabaseTransaction,
  session: SessionRow,
  workflow: VerifierWorkflow,
  refusal: { reason: FrameRefusal; detail?: string },
  at: Date,
): Promise<Settled<CaptureAnswer>> {
  const counted = { ...session, attempts_used: session.attempts_used + 1 };
  const left = attemptsLeft(workflow, counted);
  const refused = { kind: 'refused', ...refusal, attemptsLeft: left } as const;
  if (left > 0) {
    await changeSession(trx, session, { attempts_used: counted.attempts_used });
    return { answer: { ...refused, next: 'frame' }, event: null };
  }
  const findings = noUsableFrame(workflow, refusal.reason);
  const event = await finishSession(trx, counted, 'Declined', findings, at);
  return { answer: { ...refused, next: 'outcome' }, event };
}
