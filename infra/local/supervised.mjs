/**
 * Runs a task so that it does not outlive its launcher: when the channel to it closes, the task
 * gets SIGTERM as if the launcher had been able to send it.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A task that has not ended by then is ended. */
const GRACE_MS = 20_000;

if (process.connected) {
  process.on('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(143), GRACE_MS).unref();
  });
  // Nothing is read from the channel, so it must not keep a finished task running.
  process.channel.unref();
}
const [file] = process.argv.splice(2, 1);
process.argv[1] = resolve(file);
await import(pathToFileURL(process.argv[1]).href);
