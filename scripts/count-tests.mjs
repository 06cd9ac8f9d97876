import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Prints `N passed, N failed` over the results that jest left in .run/tests. A test file that could
 * not even be run counts as one failed test. Runs on any Node, because it also reports when there
 * are no packages yet.
 */
const folder = new URL('../.run/tests/', import.meta.url);
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
const results = files.map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));

const passed = sum(({ numPassedTests }) => numPassedTests);
const failed = sum(
  ({ numFailedTests, numRuntimeErrorTestSuites }) => numFailedTests + numRuntimeErrorTestSuites,
);
process.stdout.write(`${passed} passed, ${failed} failed\n`);

function sum(count) {
  return results.reduce((total, result) => total + count(result), 0);
}
