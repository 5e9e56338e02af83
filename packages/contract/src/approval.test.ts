import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  APPROVAL_AUDIENCE,
  APPROVAL_ISSUER,
  APPROVAL_TYPE,
  type Approval,
  ASSURANCE_LEVELS,
  publicJwk,
  signApproval,
  verifyApproval,
} from './index.ts';

const approvedAt = 1_774_970_000;
const approval: Approval = {
  id: 'a3b0c2f5-9a31-4c1e-9a55-6f0f2b7d1a10',
  sessionId: '7d4f1f60-2b3c-4d5e-8f90-112233445566',
  applicationId: 'aa000000-0000-4000-8000-000000000001',
  subject: 'user-42',
  approvedAt,
  authenticatedAt: approvedAt,
  acr: ASSURANCE_LEVELS.passive,
  amr: ['face'],
};
const at = (seconds: number) => new Date((approvedAt + seconds) * 1000);

describe('approval assertion', () => {
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  let keys: ReturnType<typeof createLocalJWKSet>;

  beforeAll(async () => {
    pair = await generateKeyPair('EdDSA', { extractable: true });
    const jwk = { ...(await exportJWK(pair.privateKey)), kid: 'k1' };
    expect(publicJwk(jwk)).not.toHaveProperty('d');
    keys = createLocalJWKSet({ keys: [publicJwk(jwk)] });
  });

  it('carries session, user and application, and lives 60 seconds from the decision', async () => {
    const assertion = await signApproval(approval, pair.privateKey, 'k1');
    expect(await verifyApproval(assertion, keys, at(1))).toEqual({ ok: true, approval });
    expect(await verifyApproval(assertion, keys, at(66))).toEqual({ ok: false, reason: 'EXPIRED' });
  });

  it('is the same approval with the same end however often it is signed', async () => {
    const [first, second] = await Promise.all([
      signApproval(approval, pair.privateKey, 'k1'),
      signApproval(approval, pair.privateKey, 'k1'),
    ]);
    expect(first).toBe(second);
  });

  it.each([
    ['another type', { typ: 'JWT' }, {}, 60],
    ['another audience', {}, { aud: 'somebody' }, 60],
    ['another issuer', {}, { iss: 'somebody' }, 60],
    ['a missing session', {}, { sid: undefined }, 60],
    ['a life longer than 60 seconds', {}, {}, 3600],
  ])('is refused with %s', async (_what, header, claims, life) => {
    const assertion = await new SignJWT({
      sid: approval.sessionId,
      client_id: approval.applicationId,
      acr: approval.acr,
      amr: approval.amr,
      auth_time: approvedAt,
      sub: approval.subject,
      jti: approval.id,
      iss: APPROVAL_ISSUER,
      aud: APPROVAL_AUDIENCE,
      iat: approvedAt,
      nbf: approvedAt,
      exp: approvedAt + life,
      ...claims,
    })
      .setProtectedHeader({ alg: 'EdDSA', typ: APPROVAL_TYPE, kid: 'k1', ...header })
      .sign(pair.privateKey);
    expect(await verifyApproval(assertion, keys, at(1))).toEqual({ ok: false, reason: 'INVALID' });
  });

  it('is refused under another key, unsigned, or cut', async () => {
    const stranger = await generateKeyPair('EdDSA');
    const forged = await signApproval(approval, stranger.privateKey, 'k1');
    const [head, payload] = (await signApproval(approval, pair.privateKey, 'k1')).split('.');
    const none = Buffer.from('{"alg":"none","typ":"regard-approval+jwt"}').toString('base64url');
    for (const assertion of [
      forged,
      `${none}.${payload}.`,
      `${head}.${payload}.`,
      'nonsense',
      '',
    ]) {
      expect(await verifyApproval(assertion, keys, at(1))).toEqual({
        ok: false,
        reason: 'INVALID',
      });
    }
  });
});
