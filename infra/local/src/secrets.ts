import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { JWK } from 'jose';

/** A private Ed25519 key that names itself. */
export type SigningJwk = JWK & { kid: string };

/** Everything secret a local stack needs. Keys are 32 bytes as base64url. */
export interface StackSecrets {
  postgresPassword: string;
  reauthPassword: string;
  biometricsPassword: string;
  tokensPassword: string;
  /** Of the sandbox application. */
  apiKey: string;
  /** The gateway's key at the verifier. */
  providerKey: string;
  /** Shared by the verifier, which signs verdicts, and webhook-ingest. */
  ingestSecret: string;
  sessionLinkSecret: string;
  templateKey: string;
  destinationSecretsKey: string;
  approvalSigningKey: SigningJwk;
  tokenSigningKey: SigningJwk;
}

/**
 * Reads the secrets kept in the file, makes those that are missing, and keeps them. Data sealed
 * with a key is lost with it, so what is there is never changed.
 */
export function keepSecrets(file: string): StackSecrets {
  const kept = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<StackSecrets>)
    : {};
  const secrets = { ...newSecrets(), ...kept };
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return secrets;
}

/** Fresh secrets for one stack. */
export function newSecrets(): StackSecrets {
  return {
    postgresPassword: randomKey(),
    reauthPassword: randomKey(),
    biometricsPassword: randomKey(),
    tokensPassword: randomKey(),
    apiKey: `rgd_sandbox_${randomKey()}`,
    providerKey: `rgd_provider_${randomKey()}`,
    ingestSecret: randomKey(),
    sessionLinkSecret: randomKey(),
    templateKey: randomKey(),
    destinationSecretsKey: randomKey(),
    approvalSigningKey: newSigningKey('approval'),
    tokenSigningKey: newSigningKey('token'),
  };
}

const randomKey = () => randomBytes(32).toString('base64url');

function newSigningKey(purpose: string): SigningJwk {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK;
  return { ...jwk, alg: 'EdDSA', use: 'sig', kid: `${purpose}-${randomBytes(6).toString('hex')}` };
}
