import { createHmac, timingSafeEqual } from 'node:crypto';

const PROOF_CHARACTERS = 32;

/**
 * The link at which a person's browser goes on with a session: from the provider back to the app, or
 * on to the next step. Nobody can make one without the key, so nothing about it need be stored.
 *
 * @param gatewayUrl public base url of the gateway, without a trailing slash
 * @param key 32 bytes shared by the gateway and the decision-worker
 */
export function sessionLink(gatewayUrl: string, sessionId: string, key: Buffer): string {
  return `${gatewayUrl}/session/${sessionId}/${proofOf(sessionId, key)}`;
}

/** Whether a link's proof belongs to its session, compared in constant time. */
export function isSessionLinkProof(sessionId: string, proof: string, key: Buffer): boolean {
  const expected = Buffer.from(proofOf(sessionId, key));
  const given = Buffer.from(proof);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function proofOf(sessionId: string, key: Buffer): string {
  const mac = createHmac('sha256', key).update(`regard:session-link:${sessionId}`).digest();
  return mac.toString('base64url').slice(0, PROOF_CHARACTERS);
}
