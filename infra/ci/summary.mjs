/**
 * Counts what the checks and the tests reported and prints `N passed, N failed, N skipped` as the
 * last line. A report that is missing, unreadable or empty counts as a failure: silence is not success.
 *
 *   node summary.mjs <results of the checks> <report of the tests> <exit code of the tests>
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** @typedef {{ passed: number, failed: number, skipped: number, notes: string[] }} Count */

/**
 * @param {unknown} checks what `npm run check -- --json` printed
 * @returns {Count}
 */
export function countChecks(checks) {
  if (!Array.isArray(checks) || checks.length === 0) return failure('The checks reported nothing');
  const failed = checks.filter(({ ok }) => ok !== true);
  return {
    passed: checks.length - failed.length,
    failed: failed.length,
    skipped: 0,
    notes: failed.map(({ name, output }) => `FAILED check: ${name}\n${output}`),
  };
}

/**
 * @param {any} report the JSON report of vitest
 * @param {number} exitCode of vitest
 * @returns {Count}
 */
export function countTests(report, exitCode) {
  const files = report?.testResults;
  if (!Array.isArray(files) || files.length === 0) return failure('The tests reported nothing');
  /** @type {Count} */
  const count = { passed: 0, failed: 0, skipped: 0, notes: [] };
  for (const { name, status, assertionResults, message } of files) {
    for (const test of assertionResults) {
      if (test.status === 'passed') count.passed += 1;
      else if (test.status === 'failed') count.failed += 1;
      else count.skipped += 1;
      if (test.status === 'failed') count.notes.push(`FAILED test: ${name}: ${test.fullName}`);
    }
    // A file can fail as a whole: it could not be loaded, or a hook of it failed.
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      count.failed += 1;
      count.notes.push(`FAILED file: ${name}\n${message}`);
    }
  }
  if (exitCode !== 0 && count.failed === 0) {
    count.failed = 1;
    count.notes.push(`FAILED: the test run ended with code ${exitCode} though no test failed`);
  }
  return count;
}

function failure(note) {
  return { passed: 0, failed: 1, skipped: 0, notes: [`FAILED: ${note}`] };
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function main([checksFile, testsFile, exitCode]) {
  const counts = [
    countChecks(readJson(checksFile)),
    countTests(readJson(testsFile), Number(exitCode)),
  ];
  for (const note of counts.flatMap(({ notes }) => notes)) console.log(note);
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2));
