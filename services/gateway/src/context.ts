import type { Approval } from '@regard/contract';
import type { Network } from '@regard/policy';
import type { Database } from '@regard/store';
import type { OutcomeWaiter } from './outcome-waiter.ts';
import type { ProviderClient } from './provider-client.ts';

/** What the gateway's routes and steps work with. */
export interface GatewayContext {
  db: Database;
  provider: ProviderClient;
  outcomes: OutcomeWaiter;
  /** Which kind of network an address belongs to. */
  networkOf: (address: string) => Network;
  /** The link at which a person's browser goes on with a session. */
  linkOf: (sessionId: string) => string;
  isLinkProof: (sessionId: string, proof: string) => boolean;
  signApproval: (approval: Approval) => Promise<string>;
  /** Base url of the gateway, as apps and browsers see it. */
  publicUrl: string;
  now: () => Date;
}
