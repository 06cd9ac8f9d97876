import { findChromium } from '../test/support/chromium.ts';

/** Exit code 0 when there is a browser for the tests of the dashboard, else 1 and a sentence. */
if (findChromium(process.env) === undefined) {
  process.stdout.write(
    'No Chromium: the tests of the dashboard in a browser are left out. make test-browser runs them.\n',
  );
  process.exitCode = 1;
}
