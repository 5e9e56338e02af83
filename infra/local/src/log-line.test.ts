import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { createLinePrinter } from './log-line.ts';

function printed(text: string): string {
  const lines: string[] = [];
  createLinePrinter(['gateway'], (line) => lines.push(stripVTControlCharacters(line)))(
    'gateway',
    text,
  );
  return lines.join('\n');
}

it('shows time, service, event and fields of a log line', () => {
  const entry = { level: 30, time: '2026-01-02T03:04:05.678Z', service: 'gateway', msg: 'x.done' };
  expect(printed(JSON.stringify({ ...entry, id: 'a1', counts: { ok: 2 } }))).toBe(
    '03:04:05.678 gateway          | x.done id=a1 counts={"ok":2}',
  );
});

it('marks warnings and errors, and shows the stack of a fault', () => {
  const at = '2026-01-02T03:04:05.678Z';
  expect(printed(JSON.stringify({ level: 40, time: at, msg: 'slow' }))).toContain('| WARN slow');
  const fault = { level: 50, time: at, msg: 'lost', err: { stack: 'Error: no\n at here' } };
  expect(printed(JSON.stringify(fault))).toContain('| ERROR lost \n    Error: no\n at here');
});

it('shows other text as it came', () => {
  expect(printed('{not json')).toMatch(/gateway {10}\| \{not json$/);
});
