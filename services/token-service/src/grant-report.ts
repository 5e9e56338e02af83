import type { Logger, Metrics } from '@regard/service-kit';
import type { RefusalReason } from './grants.ts';

/** The grant types we serve, as metrics and logs name them. */
export type GrantKind = 'approval' | 'refresh_token';

/** How one token request ended. Neither a token nor the person's id is in it. */
interface GrantReport {
  grant: GrantKind;
  applicationId: string;
  sessionId: string | null;
  /** Null when tokens were given. */
  refusal: RefusalReason | null;
  seconds: number;
}

export type ReportGrant = (report: GrantReport, logger: Pick<Logger, 'info'>) => void;

/** Makes the one place where a token request is counted, timed and logged. */
export function createGrantReport(metrics: Metrics): ReportGrant {
  const granted = metrics.counter('tokens_granted_total', 'Token pairs given, by grant.', [
    'grant',
  ]);
  const refused = metrics.counter('tokens_refused_total', 'Token requests refused, by reason.', [
    'grant',
    'reason',
  ]);
  const duration = metrics.duration('token_grant_duration_seconds', 'Time to give or refuse.', [
    'grant',
    'outcome',
  ]);
  return ({ grant, applicationId, sessionId, refusal, seconds }, logger) => {
    const line = { grant, applicationId, sessionId, ms: Math.round(seconds * 1000) };
    duration.observe({ grant, outcome: refusal === null ? 'granted' : 'refused' }, seconds);
    if (refusal === null) {
      granted.inc({ grant });
      logger.info(line, 'token.granted');
    } else {
      refused.inc({ grant, reason: refusal });
      logger.info({ ...line, reason: refusal }, 'token.refused');
    }
  };
}
