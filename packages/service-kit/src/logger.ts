import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * Names of members that never reach a log, wherever they turn up in the first three levels. The
 * lines we write name their fields one by one; this is the net below them.
 */
const SECRET_MEMBERS = [
  'vendor_data',
  'vendorData',
  'portrait_image',
  'image',
  'frame',
  'template',
  'embedding',
  'code',
  'assertion',
  'access_token',
  'refresh_token',
  'session_token',
  'secret',
  'secret_shared_key',
  'password',
  'metadata',
  'authorization',
  'cookie',
  '["x-api-key"]',
];

const REDACTED = SECRET_MEMBERS.flatMap((name) => {
  const member = name.startsWith('[') ? name : `.${name}`;
  return [name, `*${member}`, `*.*${member}`];
});

/**
 * The logger of a service: JSON lines on stdout, readable lines where stdout is a terminal.
 * The choice follows the terminal, not an environment name.
 *
 * @param destination takes the JSON lines instead of stdout
 */
export function createLogger(
  service: string,
  level: string,
  destination?: DestinationStream,
): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: REDACTED, censor: '[redacted]' },
      serializers: { err: describeError },
    },
    destination ?? standardOutput(),
  );
}

/**
 * What a log shows of an error. Postgres puts the values of a row into `detail` and `where`, so
 * members are picked, not dropped.
 */
function describeError(error: Error & { code?: string; table?: string; constraint?: string }) {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, code, table, constraint, cause } = error;
  const shown = { type: name, message, stack, sqlState: code, table, constraint };
  return cause instanceof Error ? { ...shown, cause: cause.message } : shown;
}

function standardOutput(): DestinationStream {
  if (!process.stdout.isTTY) return pino.destination(1);
  return pino.transport({
    target: 'pino-pretty',
    options: { ignore: 'pid,hostname,service', translateTime: 'HH:MM:ss.l' },
  });
}
