import { expect, it } from 'vitest';
import { waitFor } from './wait-for.ts';

it('returns the first truthy value', async () => {
  let calls = 0;
  expect(await waitFor(() => (++calls === 3 ? 'there' : null), { what: 'it' })).toBe('there');
  expect(calls).toBe(3);
});

it('gives up in time, saying what was missing and why', async () => {
  const cause = new Error('not yet');
  const waiting = waitFor(() => Promise.reject(cause), { what: 'the verdict', timeoutMs: 60 });
  await expect(waiting).rejects.toThrow('Waited 60 ms for the verdict');
  await expect(waiting).rejects.toMatchObject({ cause });
});
