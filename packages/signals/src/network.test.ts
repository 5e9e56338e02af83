import { describe, expect, it } from 'vitest';
import { addressKey, normalizeAddress, parseNetworkList } from './index.ts';

const list = parseNetworkList(`
# exits
198.51.100.7
203.0.113.0/24   # a range
2001:db8:99::/48
not-an-address
10.0.0.0/99
`);

describe('network list', () => {
  it('counts what it could read and what it could not', () => {
    expect(list.size).toBe(3);
    expect(list.badLines).toBe(2);
  });

  it.each([
    ['198.51.100.7', true],
    ['198.51.100.8', false],
    ['203.0.113.255', true],
    ['203.0.114.0', false],
    ['::ffff:203.0.113.9', true],
    ['2001:db8:99:1234::1', true],
    ['2001:db8:9a::1', false],
    ['nonsense', false],
    ['', false],
  ])('%s: %s', (address, listed) => {
    expect(list.has(address)).toBe(listed);
  });
});

describe('address', () => {
  it('has one form', () => {
    expect(normalizeAddress('::ffff:203.0.113.9')).toBe('203.0.113.9');
    expect(normalizeAddress('2001:0DB8:0:0:0:0:0:1')).toBe('2001:db8::1');
    for (const text of ['127.1', '0x7f.1', '1.2.3', 'localhost', '']) {
      expect(normalizeAddress(text)).toBeNull();
    }
  });

  it('is remembered by its /64 when it is IPv6', () => {
    expect(addressKey('2001:db8:1:2:aaaa::1')).toBe(addressKey('2001:db8:1:2:bbbb::2'));
    expect(addressKey('2001:db8:1:2::1')).not.toBe(addressKey('2001:db8:1:3::1'));
    expect(addressKey('203.0.113.9')).toBe('203.0.113.9');
    expect(addressKey('::ffff:203.0.113.9')).toBe('203.0.113.9');
  });
});
