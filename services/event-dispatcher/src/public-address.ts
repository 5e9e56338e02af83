import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where a destination points was refused before anything was sent. */
export class AddressRefused extends Error {
  override name = 'AddressRefused';
  readonly code = 'ADDRESS_REFUSED';
}

/** Azure answers its virtual machines on this public address, credentials included. */
const METADATA_ADDRESSES = new Set(['168.63.129.16']);

/** The only part of IPv6 that is given out for use across the internet. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/**
 * Whether an address is one anybody on the internet could reach: no private, loopback, link-local,
 * carrier-grade NAT, unique-local, mapped, translated, reserved or metadata address.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || METADATA_ADDRESSES.has(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(GLOBAL_IPV6);
}

/**
 * A lookup for sockets that yields public addresses only. The socket connects to what this returns,
 * so a name cannot resolve to one address for the check and another for the connection. One
 * address that is not public refuses the name: an honest destination has none.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  resolvePublic(hostname, options.family).then(
    (addresses) => {
      const [first] = addresses;
      if (options.all) callback(null, addresses);
      else callback(null, first?.address ?? '', first?.family);
    },
    (error: NodeJS.ErrnoException) => callback(error, ''),
  );
};

async function resolvePublic(hostname: string, family: LookupFamily = 0): Promise<LookupAddress[]> {
  const addresses = await lookup(hostname, { all: true, family: familyNumber(family) });
  if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address))) {
    throw new AddressRefused('The name does not resolve to public addresses only');
  }
  return addresses;
}

type LookupFamily = number | 'IPv4' | 'IPv6' | undefined;

function familyNumber(family: LookupFamily): number {
  if (family === 'IPv4') return 4;
  return family === 'IPv6' ? 6 : (family ?? 0);
}

/** Refuses a host that is itself an address, which no lookup is asked about. */
export function assertPublicHost(hostname: string): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) {
    throw new AddressRefused('The address is not a public one');
  }
}
