import { z } from 'zod';
import { SESSION_STATUSES } from './statuses.ts';

/** Redis channel on which the decision side says, after commit, what became of a session. */
export const OUTCOME_CHANNEL = 'regard:outcomes';

/** Told to the waiting pages only: ids and a status, never a score. */
export const outcomeSchema = z.object({
  sessionId: z.uuid(),
  providerSessionId: z.uuid().nullable(),
  status: z.enum(SESSION_STATUSES),
});

export type Outcome = z.infer<typeof outcomeSchema>;
