import { type Approval, signApproval } from '@regard/contract';
import { type CryptoKey, importJWK } from 'jose';

/**
 * Prepares the key that signs approvals.
 *
 * @throws when the key is not an Ed25519 private key
 */
export async function createApprovalSigner(jwk: { kty: string; kid: string }) {
  const key = (await importJWK(jwk, 'EdDSA')) as CryptoKey;
  if (key.type !== 'private') throw new Error('APPROVAL_SIGNING_KEY must be a private key');
  return (approval: Approval) => signApproval(approval, key, jwk.kid);
}
