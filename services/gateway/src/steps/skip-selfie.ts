import { chargeFor } from '@regard/policy';
import { randomText } from '@regard/service-kit';
import { approvalColumns, insertSession, type NewSession, type Session } from '@regard/store';
import { v7 as uuidv7 } from 'uuid';
import { type Opening, sessionValues } from './opening.ts';

const TOKEN_CHARACTERS = 22;

/**
 * Signs the person in without a selfie: the session is Approved at once, marked as skipped, and its
 * history is the whole path of the status machine. It rests on the last real selfie, whose time it
 * carries.
 */
export async function skipSelfie(opening: Opening): Promise<Session> {
  const { context, user, workflow } = opening;
  if (user?.last_selfie_at == null) throw new Error('A skip rests on an earlier selfie');
  const id = uuidv7();
  const now = context.now();
  const values: NewSession = {
    ...(await sessionValues(opening, id)),
    status: 'Approved',
    sequence: 3,
    method: 'SKIP',
    features: [],
    provider_session_id: null,
    session_token: randomText(TOKEN_CHARACTERS),
    url: context.linkOf(id),
    deadline: now,
    opened_at: now,
    finished_at: now,
    ...approvalColumns(now, user.last_selfie_at),
  };
  const charge = chargeFor({
    status: 'Approved',
    method: 'SKIP',
    purpose: 'sign_in',
    features: workflow.config.features,
  });
  const path = ['Not Started', 'In Progress', 'Approved'] as const;
  const inserted = await insertSession(context.db, values, path, charge);
  if (!inserted.ok) throw new Error("A skipped session takes nobody's place");
  return inserted.session;
}
