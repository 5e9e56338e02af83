import { styleText } from 'node:util';

const COLOURS = ['cyan', 'magenta', 'blue', 'yellow', 'green', 'gray'] as const;
const NAME_WIDTH = 16;
/** Stands between a service's name and what it wrote. */
const DIVIDER = ' | ';
/** Fields of a service's line that the prefix already shows, or that nobody reads here. */
const SHOWN_ELSEWHERE = new Set(['level', 'time', 'service', 'msg', 'pid', 'hostname', 'err']);

/**
 * Makes one readable line of what a service wrote: `12:00:01 gateway | session.opened id=…`.
 * What is not a JSON log line is shown as it came.
 */
export function createLinePrinter(names: readonly string[], print: (line: string) => void) {
  const colourOf = new Map(names.map((name, index) => [name, COLOURS[index % COLOURS.length]]));
  return (name: string, text: string): void => {
    const entry = parse(text);
    const prefix = styleText(colourOf.get(name) ?? 'gray', name.padEnd(NAME_WIDTH));
    if (entry === undefined) print(`${clock(new Date())} ${prefix}${DIVIDER}${text}`);
    else print(`${clock(new Date(entry.time))} ${prefix}${DIVIDER}${describe(entry)}`);
  };
}

/** Whether a line of a stack's log is a service's, and not the launcher telling of its progress. */
export function isServiceLine(line: string): boolean {
  return line.includes(DIVIDER);
}

interface Entry {
  time: string;
  level: number;
  msg: string;
  err?: { message?: string; stack?: string };
  [field: string]: unknown;
}

function parse(text: string): Entry | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(text) as Partial<Entry>;
    return typeof entry.msg === 'string' && entry.time ? (entry as Entry) : undefined;
  } catch {
    return undefined;
  }
}

function describe(entry: Entry): string {
  const fields = Object.entries(entry)
    .filter(([field]) => !SHOWN_ELSEWHERE.has(field))
    .map(
      ([field, value]) => `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
  const fault = entry.err ? [`\n    ${entry.err.stack ?? entry.err.message}`] : [];
  return [severity(entry.level) + entry.msg, ...fields, ...fault].join(' ');
}

function severity(level: number): string {
  if (level >= 50) return styleText('red', 'ERROR ');
  return level >= 40 ? styleText('yellow', 'WARN ') : '';
}

const clock = (date: Date) => date.toISOString().slice(11, 23);
