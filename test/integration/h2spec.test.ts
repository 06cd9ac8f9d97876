import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EchoServer } from '../support/echoServer.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/** The cases that fail on purpose, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'generic/2 Sends a WINDOW_UPDATE frame on half-closed (remote) stream':
    'expects a body; a GET is answered with 405 and no body, after the frame was accepted',
  'generic/2 Sends a PRIORITY frame on half-closed (remote) stream':
    'expects a body; a GET is answered with 405 and no body, after the frame was accepted',
  'http2/5.1.2 Sends HEADERS frames that causes their advertised concurrent stream limit to be exceeded':
    'its requests are answered at once, so that one stream is open at a time; abuse.test.ts tests the limit',
  'http2/5.3.1 Sends HEADERS frame that depend on itself':
    'RFC 9113 deprecates the priorities of RFC 7540: they are parsed and ignored',
  'http2/5.3.1 Sends PRIORITY frame that depend on itself':
    'RFC 9113 deprecates the priorities of RFC 7540: they are parsed and ignored',
};

const h2spec = process.env.H2SPEC_BIN ?? join(import.meta.dirname, '../../.tools/bin/h2spec');

checkForLeaks();

/** `make h2spec` builds it and runs this. */
(existsSync(h2spec) ? describe : describe.skip)('h2spec', () => {
  it('fails only in the cases that are justified here', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'baton-h2spec-'));
    const echo = await new EchoServer().listen();
    try {
      const report = join(dir, 'report.xml');
      const port = echo.address.split(':')[1] as string;
      // The exit code is 1 when a case fails; the report says which.
      await promisify(execFile)(h2spec, ['-p', port, '-j', report]).catch(() => {});
      const { ran, failed } = parseReport(await readFile(report, 'utf8'));
      expect(ran).toBeGreaterThan(140);
      expect(failed.sort()).toEqual(Object.keys(exceptions).sort());
    } finally {
      await echo.server.close(100);
      await rm(dir, { recursive: true });
    }
  });
});

/** Parses a JUnit report. */
function parseReport(xml: string): { ran: number; failed: string[] } {
  const cases = [...xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*>(.*?)<\/testcase>/gs)];
  const failed = cases.filter(([, , , inside]) => /<(error|failure)/.test(inside ?? ''));
  return { ran: cases.length, failed: failed.map(([, where, what]) => `${where} ${what}`) };
}
