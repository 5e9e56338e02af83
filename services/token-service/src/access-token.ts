import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import type { Grant } from './grants.ts';
import type { SigningKey } from './signing-key.ts';

/** RFC 9068. The explicit type keeps other JWTs of this issuer from passing for access tokens. */
const ACCESS_TOKEN_TYPE = 'at+jwt';

export interface AccessTokenSettings {
  /** `iss`: the public URL of this service. */
  issuer: string;
  signingKey: SigningKey;
  /** Life in seconds, at most 600. */
  accessTokenSeconds: number;
}

/**
 * Signs an access token for a grant. It says what the person did at sign-in and when, however often
 * it is refreshed, and never outlives its grant.
 */
export async function signAccessToken(
  grant: Grant,
  { issuer, signingKey, accessTokenSeconds }: AccessTokenSettings,
  now: Date,
): Promise<{ accessToken: string; expiresInSeconds: number }> {
  const issuedAt = toSeconds(now);
  const expiresAt = Math.min(issuedAt + accessTokenSeconds, toSeconds(grant.expires_at));
  const accessToken = await new SignJWT({
    client_id: grant.application_id,
    sid: grant.session_id,
    auth_time: toSeconds(grant.authenticated_at),
    acr: grant.acr,
    amr: grant.amr,
  })
    .setProtectedHeader({ alg: 'EdDSA', typ: ACCESS_TOKEN_TYPE, kid: signingKey.keyId })
    .setIssuer(issuer)
    .setSubject(grant.subject)
    .setAudience(grant.application_id)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(expiresAt)
    .setJti(randomUUID())
    .sign(signingKey.privateKey);
  return { accessToken, expiresInSeconds: expiresAt - issuedAt };
}

/**
 * The session an access token of ours belongs to.
 *
 * @param applicationId whom the token must have been made for
 * @returns null for anything but a valid, unexpired access token of that application
 */
export async function sessionOfAccessToken(
  token: string,
  applicationId: string,
  { issuer, signingKey }: AccessTokenSettings,
  now: Date,
): Promise<string | null> {
  try {
    const keys = createLocalJWKSet({ keys: [signingKey.publicJwk] });
    const { payload } = await jwtVerify<{ sid: string }>(token, keys, {
      algorithms: ['EdDSA'],
      typ: ACCESS_TOKEN_TYPE,
      issuer,
      audience: applicationId,
      requiredClaims: ['sid', 'exp'],
      currentDate: now,
    });
    return payload.sid;
  } catch {
    return null;
  }
}

function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
