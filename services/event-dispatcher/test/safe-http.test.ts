import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { createMockDestination } from '@regard/testkit/mock-destination';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPublicAddress, lookupPublic } from '../src/public-address.ts';
import { createSafeHttp } from '../src/safe-http.ts';

const options = { timeoutMs: 2000, connectionsPerOrigin: 4 };
const guarded = createSafeHttp({ ...options, allowPrivate: false });
const open = createSafeHttp({ ...options, allowPrivate: true });

/** Counts connections: a refused address must not see even one. */
let listener: Server;
let port = 0;
let connections = 0;

beforeAll(async () => {
  listener = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '::', resolve));
  port = (listener.address() as AddressInfo).port;
});

afterAll(async () => {
  await Promise.all([guarded.destroy(), open.destroy()]);
  listener.close();
});

test.each([
  ['8.8.8.8', true],
  ['2606:4700:4700::1111', true],
  ['127.0.0.1', false],
  ['127.9.9.9', false],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['172.31.0.1', false],
  ['192.168.0.1', false],
  ['100.64.0.1', false],
  ['100.100.100.200', false],
  ['169.254.169.254', false],
  ['168.63.129.16', false],
  ['192.0.2.1', false],
  ['198.18.0.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', false],
  ['::127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['64:ff9b:1::a00:1', false],
  ['2002:7f00:1::', false],
  ['2001:0:7f00:1::', false],
  ['fd00:ec2::254', false],
  ['fe80::1', false],
  ['fec0::1', false],
  ['ff02::1', false],
  ['2001:db8::1', false],
  ['not an address', false],
])('%s is public: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected);
});

test.each([
  ['an address', '127.0.0.1'],
  ['an address in one number', '2130706433'],
  ['an address in octal', '0177.0.0.1'],
  ['loopback of IPv6', '[::1]'],
  ['a mapped address', '[::ffff:127.0.0.1]'],
  ['a name that resolves to loopback', 'localhost'],
  ['the unspecified address', '0.0.0.0'],
  ['the metadata address', '169.254.169.254'],
])('%s is refused before a connection is made', async (_what, host) => {
  connections = 0;
  const result = await guarded.post(`https://${host}:${port}/hook`, {}, '{}');
  expect(result).toEqual({ ok: false, error: 'ADDRESS_REFUSED' });
  expect(connections).toBe(0);
});

test('plain http is refused, whatever the host', async () => {
  for (const url of [`http://127.0.0.1:${port}/`, 'http://example.com/', 'ftp://example.com/']) {
    expect(await guarded.post(url, {}, '{}')).toEqual({ ok: false, error: 'HTTPS_REQUIRED' });
  }
});

test('the lookup of a socket gets the error, not an address', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  lookupPublic('localhost', { all: false }, (error, address) => resolve([error?.code, address]));
  expect(await promise).toEqual(['ADDRESS_REFUSED', '']);
});

test('the dangerous flag lets private addresses and plain http through', async () => {
  const receiver = await createMockDestination();
  const result = await open.post(`${receiver.url}/hook`, { 'x-test': '1' }, '{"a":1}');
  expect(result).toEqual({ ok: true, status: 200, retryAfter: undefined });
  expect(receiver.requests[0]?.rawBody.toString()).toBe('{"a":1}');
  await receiver.close();
});

test('an endless answer is cut and its status counts', async () => {
  const receiver = await createMockDestination();
  receiver.script({ status: 201, body: 'x'.repeat(5_000_000) });
  const startedAt = Date.now();
  expect(await open.post(receiver.url, {}, '{}')).toMatchObject({ ok: true, status: 201 });
  expect(Date.now() - startedAt).toBeLessThan(1500);
  await receiver.close();
});

test('what goes wrong has a stable code', async () => {
  const receiver = await createMockDestination();
  receiver.script('reset');
  expect(await open.post(receiver.url, {}, '{}')).toEqual({
    ok: false,
    error: 'CONNECTION_FAILED',
  });
  const impatient = createSafeHttp({ ...options, timeoutMs: 200, allowPrivate: true });
  receiver.script('hang');
  expect(await impatient.post(receiver.url, {}, '{}')).toEqual({ ok: false, error: 'TIMEOUT' });
  const unknown = await guarded.post('https://no-such-host.invalid/', {}, '{}');
  expect(unknown).toEqual({ ok: false, error: 'NAME_NOT_RESOLVED' });
  const tls = await open.post(receiver.url.replace('http:', 'https:'), {}, '{}');
  expect(tls).toMatchObject({ ok: false, error: 'TLS_FAILED' });
  await Promise.all([impatient.destroy(), receiver.close()]);
});
