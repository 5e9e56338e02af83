import { workflowConfigSchema } from '@regard/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideEntry, type EntryFacts, isStronger } from './index.ts';

const config = workflowConfigSchema.parse({
  provider_workflows: {
    PASSIVE: '5e1f1e00-0000-4000-8000-000000000001',
    ACTIVE_3D: '5e1f1e00-0000-4000-8000-000000000002',
  },
});
const everything: EntryFacts = {
  purpose: 'sign_in',
  hasDevice: true,
  hasAddress: true,
  deviceKnown: true,
  addressKnown: true,
  network: 'ordinary',
  daysSinceSelfie: 1,
};
const decide = (change: Partial<EntryFacts>, entry = config.entry) =>
  decideEntry({ ...everything, ...change }, entry);

const facts = fc.record<EntryFacts>({
  purpose: fc.constantFrom('sign_in', 'enrolment'),
  hasDevice: fc.boolean(),
  hasAddress: fc.boolean(),
  deviceKnown: fc.boolean(),
  addressKnown: fc.boolean(),
  network: fc.constantFrom('ordinary', 'tor', 'vpn'),
  daysSinceSelfie: fc.option(fc.double({ min: 0, max: 400, noNaN: true })),
});

describe('entry rule', () => {
  it.each([
    ['known device, known address', {}, 'SKIP'],
    ['known device, new address', { addressKnown: false }, 'PASSIVE'],
    ['new device, known address', { deviceKnown: false }, 'PASSIVE'],
    ['new device, new address', { deviceKnown: false, addressKnown: false }, 'PASSIVE'],
    ['known device on Tor', { network: 'tor' }, 'PASSIVE'],
    ['known device on a VPN', { network: 'vpn' }, 'PASSIVE'],
    ['new device on Tor', { deviceKnown: false, network: 'tor' }, 'ACTIVE_3D'],
    ['new device on a VPN', { deviceKnown: false, network: 'vpn' }, 'ACTIVE_3D'],
    ['no device', { hasDevice: false }, 'PASSIVE'],
    ['no address', { hasAddress: false }, 'PASSIVE'],
    ['a selfie of today 30 days ago', { daysSinceSelfie: 30 }, 'SKIP'],
    ['a selfie a moment older', { daysSinceSelfie: 30.001 }, 'PASSIVE'],
    ['no selfie at all', { daysSinceSelfie: null }, 'PASSIVE'],
    ['an enrolment', { purpose: 'enrolment' }, 'PASSIVE'],
  ] as [string, Partial<EntryFacts>, string][])('%s: %s gives %s', (_what, change, method) => {
    expect(decide(change).method).toBe(method);
  });

  it('skips only when every single condition of a skip holds', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const { method } = decideEntry(all, config.entry);
        const maySkip =
          all.purpose === 'sign_in' &&
          all.hasDevice &&
          all.hasAddress &&
          all.deviceKnown &&
          all.addressKnown &&
          all.network === 'ordinary' &&
          all.daysSinceSelfie !== null &&
          all.daysSinceSelfie <= 30;
        expect(method === 'SKIP').toBe(maySkip);
        expect(decideEntry(all, { ...config.entry, skip_allowed: false }).method).not.toBe('SKIP');
      }),
    );
  });

  it('never asks less of a person of whom less is known', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const known = decideEntry({ ...all, deviceKnown: true }, config.entry).method;
        const unknown = decideEntry({ ...all, deviceKnown: false }, config.entry).method;
        expect(isStronger(known, unknown)).toBe(false);
      }),
    );
  });
});
