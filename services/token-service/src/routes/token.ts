import { RegardError } from '@regard/contract';
import type { HttpApp } from '@regard/service-kit';
import { z } from 'zod';
import { signAccessToken } from '../access-token.ts';
import type { TokenServiceDeps } from '../dependencies.ts';
import type { GrantKind, ReportGrant } from '../grant-report.ts';
import type { GrantOutcome } from '../grants.ts';
import { authenticateClient } from '../steps/authenticate-client.ts';
import { redeemApproval } from '../steps/redeem-approval.ts';
import { rotateRefreshToken } from '../steps/rotate-refresh-token.ts';
import { clientMembers, credentialsOf, member } from './client-form.ts';

/** RFC 7523: the approval of a session as an assertion. */
export const APPROVAL_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const REFRESH_GRANT = 'refresh_token';

const tokenForm = z.object({
  ...clientMembers,
  grant_type: z.string().max(200),
  assertion: member(8192),
  refresh_token: member(200),
});

const tokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  /** Seconds. */
  expires_in: z.number(),
  refresh_token: z.string(),
});

/** `POST /v3/token/`: an approval, or a refresh token, for an access and a refresh token. */
export function addTokenRoute(
  scope: HttpApp,
  deps: TokenServiceDeps,
  reportGrant: ReportGrant,
): void {
  const schema = { body: tokenForm, response: { 200: tokenAnswer } };
  scope.post('/v3/token/', { schema }, async (request, reply) => {
    const started = performance.now();
    const { body } = request;
    const now = deps.now();
    const applicationId = await authenticateClient(credentialsOf(request, body), deps.database);
    const { kind, outcome } = await grantFor(body, applicationId, deps, now);
    reportGrant(
      {
        grant: kind,
        applicationId,
        sessionId: outcome.granted ? outcome.grant.session_id : outcome.sessionId,
        refusal: outcome.granted ? null : outcome.reason,
        seconds: (performance.now() - started) / 1000,
      },
      request.log,
    );
    if (!outcome.granted) throw new RegardError('RGD_INVALID_GRANT');
    const signed = await signAccessToken(outcome.grant, deps.accessTokens, now);
    reply.header('cache-control', 'no-store');
    return {
      access_token: signed.accessToken,
      token_type: 'Bearer' as const,
      expires_in: signed.expiresInSeconds,
      refresh_token: outcome.refreshToken,
    };
  });
}

async function grantFor(
  { grant_type, assertion, refresh_token }: z.infer<typeof tokenForm>,
  applicationId: string,
  deps: TokenServiceDeps,
  now: Date,
): Promise<{ kind: GrantKind; outcome: GrantOutcome }> {
  if (grant_type === APPROVAL_GRANT) {
    if (assertion === undefined) throw missing('assertion');
    return { kind: 'approval', outcome: await redeemApproval(assertion, applicationId, deps, now) };
  }
  if (grant_type === REFRESH_GRANT) {
    if (refresh_token === undefined) throw missing('refresh_token');
    const outcome = await rotateRefreshToken(refresh_token, applicationId, deps.database, now);
    return { kind: 'refresh_token', outcome };
  }
  throw new RegardError('RGD_UNSUPPORTED_GRANT');
}

function missing(field: string): RegardError {
  return new RegardError('RGD_INVALID_REQUEST', { fields: { [field]: 'is required' } });
}
