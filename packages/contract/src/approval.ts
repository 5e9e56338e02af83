import { type CryptoKey, errors, type JWK, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose';

/** An approval lives this long after the decision; the token-service takes it once in that time. */
export const APPROVAL_LIFETIME_SECONDS = 60;
export const APPROVAL_TYPE = 'regard-approval+jwt';
/** `iss` of an approval: the decision side of this deployment. */
export const APPROVAL_ISSUER = 'regard:decision';
/** `aud` of an approval: only the token-service takes it. */
export const APPROVAL_AUDIENCE = 'regard:token-service';

/** Assurance levels, weakest first (docs/security.md): what the person really did. */
export const ASSURANCE_LEVELS = {
  skip: 'urn:regard:acr:device',
  passive: 'urn:regard:acr:face',
  active: 'urn:regard:acr:face+active',
} as const;

export type AssuranceLevel = (typeof ASSURANCE_LEVELS)[keyof typeof ASSURANCE_LEVELS];

/** What an approval says: this person, in this session, for this application, in this way. */
export interface Approval {
  /** Unique per approval; redeemed once. */
  id: string;
  sessionId: string;
  applicationId: string;
  /** The app's id of the person, or the session id where the app gave none. */
  subject: string;
  /** Unix seconds of the decision. */
  approvedAt: number;
  /** Unix seconds of the last selfie, which a skip rests on. */
  authenticatedAt: number;
  acr: AssuranceLevel;
  /** RFC 8176 values. */
  amr: string[];
}

/**
 * Signs the approval assertion, a JWT for the RFC 7523 grant. Its times come from the decision, not
 * from the clock, so that signing it again never makes it live longer.
 */
export function signApproval(approval: Approval, key: CryptoKey, keyId: string): Promise<string> {
  return new SignJWT({
    sid: approval.sessionId,
    client_id: approval.applicationId,
    auth_time: approval.authenticatedAt,
    acr: approval.acr,
    amr: approval.amr,
  })
    .setProtectedHeader({ alg: 'EdDSA', typ: APPROVAL_TYPE, kid: keyId })
    .setIssuer(APPROVAL_ISSUER)
    .setAudience(APPROVAL_AUDIENCE)
    .setSubject(approval.subject)
    .setJti(approval.id)
    .setIssuedAt(approval.approvedAt)
    .setNotBefore(approval.approvedAt)
    .setExpirationTime(approval.approvedAt + APPROVAL_LIFETIME_SECONDS)
    .sign(key);
}

export type ApprovalCheck =
  | { ok: true; approval: Approval }
  | { ok: false; reason: 'EXPIRED' | 'INVALID' };

/**
 * Verifies an approval assertion: EdDSA only, exact type, issuer and audience, all claims present
 * (RFC 8725). Whether it was redeemed before is for the caller to find out.
 *
 * @param now for tests; the clock otherwise
 */
export async function verifyApproval(
  assertion: string,
  keys: JWTVerifyGetKey,
  now: Date = new Date(),
): Promise<ApprovalCheck> {
  try {
    const { payload } = await jwtVerify(assertion, keys, {
      algorithms: ['EdDSA'],
      typ: APPROVAL_TYPE,
      issuer: APPROVAL_ISSUER,
      audience: APPROVAL_AUDIENCE,
      currentDate: now,
      clockTolerance: 5,
      requiredClaims: [
        'sub',
        'jti',
        'iat',
        'nbf',
        'exp',
        'sid',
        'client_id',
        'acr',
        'amr',
        'auth_time',
      ],
    });
    const { sub, jti, iat, exp, sid, client_id: applicationId, auth_time: authTime } = payload;
    const life = (exp as number) - (iat as number);
    const wellFormed =
      typeof sid === 'string' && typeof applicationId === 'string' && typeof authTime === 'number';
    if (!wellFormed || life > APPROVAL_LIFETIME_SECONDS) return { ok: false, reason: 'INVALID' };
    return {
      ok: true,
      approval: {
        id: jti as string,
        sessionId: sid,
        applicationId,
        subject: sub as string,
        approvedAt: iat as number,
        authenticatedAt: authTime,
        acr: payload.acr as AssuranceLevel,
        amr: payload.amr as string[],
      },
    };
  } catch (error) {
    return { ok: false, reason: error instanceof errors.JWTExpired ? 'EXPIRED' : 'INVALID' };
  }
}

/** The public half of a signing key, for a key set. */
export function publicJwk({ kty, crv, x, kid }: JWK): JWK {
  return { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' } as JWK;
}
