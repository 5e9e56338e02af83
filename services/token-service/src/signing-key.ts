import { publicJwk } from '@regard/contract';
import { type CryptoKey, importJWK, type JWK } from 'jose';

/** The key access tokens are signed with. */
export interface SigningKey {
  keyId: string;
  privateKey: CryptoKey;
  /** What the key set shows. */
  publicJwk: JWK;
}

/** @param jwk private Ed25519 key with a `kid` */
export async function importSigningKey(jwk: JWK & { kid: string }): Promise<SigningKey> {
  const privateKey = (await importJWK(jwk, 'EdDSA')) as CryptoKey;
  return { keyId: jwk.kid, privateKey, publicJwk: publicJwk(jwk) };
}
