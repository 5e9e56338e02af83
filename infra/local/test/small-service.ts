/** A service as small as can be: ready after a moment, ends with its launcher. */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { PORT, STUBBORN, BROKEN } = process.env;
if (BROKEN) {
  process.stderr.write('a setting is missing\n');
  process.exit(78);
}
if (!STUBBORN) process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => {
  if (!STUBBORN) process.exit();
});
await sleep(150);
createServer((_request, response) => response.end('ok')).listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ level: 30, time: Date.now(), msg: 'up' })}\n`);
});
