import type { SessionStatus } from '@regard/contract';

/** Who may cause a change: the provider's verdict, a rule of ours, the clock, or a person. */
export type Actor = 'entry' | 'verdict' | 'step_up' | 'clock' | 'review';

interface Edge {
  from: SessionStatus;
  to: SessionStatus;
  by: readonly Actor[];
}

/**
 * Every legal change of a session's status (docs/api/contract.md, "Statuses"). Anything that is not
 * a row here is refused. Two rows are ours: `Not Finished`, which some providers report, and
 * `Resubmitted` to `Abandoned`, without which an unfinished second try would stay open for ever
 * (docs/decisions/0005).
 */
export const TRANSITIONS: readonly Edge[] = [
  { from: 'Not Started', to: 'In Progress', by: ['entry', 'verdict', 'step_up'] },
  { from: 'Not Started', to: 'Expired', by: ['clock', 'verdict'] },

  { from: 'In Progress', to: 'Approved', by: ['entry', 'verdict'] },
  { from: 'In Progress', to: 'Declined', by: ['verdict'] },
  { from: 'In Progress', to: 'In Review', by: ['verdict', 'step_up'] },
  { from: 'In Progress', to: 'Abandoned', by: ['clock', 'verdict'] },
  { from: 'In Progress', to: 'Not Finished', by: ['verdict'] },

  { from: 'In Review', to: 'Approved', by: ['review', 'verdict'] },
  { from: 'In Review', to: 'Declined', by: ['review', 'verdict'] },
  { from: 'In Review', to: 'Resubmitted', by: ['review', 'step_up'] },

  { from: 'Declined', to: 'Resubmitted', by: ['review'] },
  { from: 'Declined', to: 'Approved', by: ['review'] },

  { from: 'Resubmitted', to: 'Approved', by: ['review', 'verdict'] },
  { from: 'Resubmitted', to: 'Declined', by: ['review', 'verdict'] },
  { from: 'Resubmitted', to: 'In Review', by: ['verdict'] },
  { from: 'Resubmitted', to: 'Abandoned', by: ['clock', 'verdict'] },
  { from: 'Resubmitted', to: 'Not Finished', by: ['verdict'] },

  { from: 'Approved', to: 'Kyc Expired', by: ['clock', 'verdict'] },
  { from: 'Approved', to: 'Declined', by: ['review'] },
  { from: 'Approved', to: 'Resubmitted', by: ['review'] },

  { from: 'Abandoned', to: 'Approved', by: ['review'] },
  { from: 'Abandoned', to: 'Declined', by: ['review'] },
  { from: 'Abandoned', to: 'Resubmitted', by: ['review'] },

  { from: 'Kyc Expired', to: 'Approved', by: ['review'] },
  { from: 'Kyc Expired', to: 'Declined', by: ['review'] },
  { from: 'Kyc Expired', to: 'Resubmitted', by: ['review'] },
];

/** Statuses a change may pass through when the event that announced them was lost or came late. */
const IMPLIED: readonly SessionStatus[] = ['In Progress', 'In Review'];

export function canTransition(from: SessionStatus, to: SessionStatus, by: Actor): boolean {
  return TRANSITIONS.some((edge) => edge.from === from && edge.to === to && edge.by.includes(by));
}

/**
 * The statuses to pass through, the target last, or null when there is no legal way. A verdict on a
 * session that was never reported as opened implies `In Progress`; a step-up implies `In Review`.
 * Each status on the way becomes an event of its own, so every history is a path of the table.
 */
export function pathTo(from: SessionStatus, to: SessionStatus, by: Actor): SessionStatus[] | null {
  if (canTransition(from, to, by)) return [to];
  for (const implied of IMPLIED) {
    if (implied === to || !canTransition(from, implied, by)) continue;
    const rest = pathTo(implied, to, by);
    // Only what the table leads to anyway may be implied: a verdict never invents a review.
    if (rest !== null && (by === 'step_up' || implied === 'In Progress')) return [implied, ...rest];
  }
  return null;
}

/** The table as a Mermaid state diagram; docs/architecture.md carries it, a test compares them. */
export function statusDiagram(): string {
  const name = (status: SessionStatus) => status.replaceAll(' ', '');
  const lines = TRANSITIONS.map(
    ({ from, to, by }) => `    ${name(from)} --> ${name(to)}: ${by.join(', ')}`,
  );
  return ['stateDiagram-v2', '    [*] --> NotStarted', ...lines].join('\n');
}
