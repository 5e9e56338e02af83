import ipaddr from 'ipaddr.js';

export type ListedNetwork = 'tor' | 'vpn';

/** A list of addresses and ranges, ready for look-ups. */
export interface NetworkList {
  /** Number of usable entries. */
  size: number;
  has: (address: string) => boolean;
}

/**
 * Reads a list file: one address or CIDR range a line, `#` starts a comment. Lines that are neither
 * are counted, not fatal: a published list with one odd line must not switch the check off.
 */
export function parseNetworkList(text: string): NetworkList & { badLines: number } {
  const byPrefix = new Map<string, Set<string>>();
  let size = 0;
  let badLines = 0;
  for (const line of text.split('\n')) {
    const entry = line.replace(/#.*/, '').trim();
    if (entry === '') continue;
    const range = parseRange(entry);
    if (range === null) {
      badLines++;
      continue;
    }
    const group = byPrefix.get(range.group) ?? new Set();
    byPrefix.set(range.group, group.add(range.network));
    size++;
  }
  return { size, badLines, has: (address) => isListed(address, byPrefix) };
}

/**
 * An address in one form for comparison, or null when the text is none: IPv4 inside IPv6 is
 * unwrapped, IPv6 is written out in short form.
 */
export function normalizeAddress(text: string): string | null {
  const address = parseAddress(text);
  return address === null ? null : address.toString();
}

/**
 * What an address is remembered by: an IPv4 address as it is, an IPv6 one by its /64, since phones
 * change the rest of it by themselves.
 */
export function addressKey(text: string): string | null {
  const address = parseAddress(text);
  if (address === null) return null;
  return address.kind() === 'ipv4' ? address.toString() : `${masked(address, 64)}/64`;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function parseAddress(text: string): Address | null {
  // The library also reads shortened IPv4 such as "127.1"; an address of a person has four parts.
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return null;
  return ipaddr.process(text);
}

function parseRange(entry: string): { group: string; network: string } | null {
  const [addressText = '', bitsText] = entry.split('/');
  const address = parseAddress(addressText);
  if (address === null) return null;
  const width = address.kind() === 'ipv4' ? 32 : 128;
  const bits = bitsText === undefined ? width : Number(bitsText);
  if (!Number.isInteger(bits) || bits < 0 || bits > width) return null;
  return { group: `${address.kind()}/${bits}`, network: masked(address, bits) };
}

/** One set look-up for each prefix length that occurs: lists of any size stay cheap. */
function isListed(text: string, byPrefix: Map<string, Set<string>>): boolean {
  const address = parseAddress(text);
  if (address === null) return false;
  for (const [group, networks] of byPrefix) {
    const [kind, bits] = group.split('/');
    if (kind === address.kind() && networks.has(masked(address, Number(bits)))) return true;
  }
  return false;
}

/** The first bits of an address as hex text, the rest zero. */
function masked(address: Address, bits: number): string {
  const bytes = address.toByteArray().map((byte, index) => {
    const kept = Math.max(0, Math.min(8, bits - index * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return Buffer.from(bytes).toString('hex');
}
