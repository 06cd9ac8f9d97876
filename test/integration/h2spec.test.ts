import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EchoTransport } from '../support/echoTransport.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/** What h2spec wants and this port does not do, and why that is right. */
const exceptions: Readonly<Record<string, string>> = {
  'generic/2 Sends a WINDOW_UPDATE frame on half-closed (remote) stream':
    'wants a body: a GET is answered 405 without one, after the frame was taken',
  'generic/2 Sends a PRIORITY frame on half-closed (remote) stream':
    'wants a body: a GET is answered 405 without one, after the frame was taken',
  'http2/5.1.2 Sends HEADERS frames that causes their advertised concurrent stream limit to be exceeded':
    'its requests are answered at once, so that never more than one stream is open; a test of our own holds them',
  'http2/5.3.1 Sends HEADERS frame that depend on itself':
    'RFC 9113 took the priorities of RFC 7540 out: they are parsed and ignored',
  'http2/5.3.1 Sends PRIORITY frame that depend on itself':
    'RFC 9113 took the priorities of RFC 7540 out: they are parsed and ignored',
};

const h2spec = process.env.H2SPEC_BIN ?? join(import.meta.dirname, '../../.tools/bin/h2spec');

checkForLeaks();

/** `make h2spec` builds it and runs this. */
(existsSync(h2spec) ? describe : describe.skip)('h2spec, all of it,', () => {
  it('finds nothing wrong but what is justified here', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'baton-h2spec-'));
    const echo = await new EchoTransport().listen();
    try {
      const report = join(dir, 'report.xml');
      const port = echo.address.split(':')[1] as string;
      // Ends with 1 when a test fails; the report says which.
      await promisify(execFile)(h2spec, ['-p', port, '-j', report]).catch(() => {});
      const { ran, failed } = read(await readFile(report, 'utf8'));
      expect(ran).toBeGreaterThan(140);
      expect(failed.sort()).toEqual(Object.keys(exceptions).sort());
    } finally {
      await echo.transport.close(100);
      await rm(dir, { recursive: true });
    }
  });
});

/** Takes what is needed out of a JUnit report. */
function read(xml: string): { ran: number; failed: string[] } {
  const cases = [...xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*>(.*?)<\/testcase>/gs)];
  const failed = cases.filter(([, , , inside]) => /<(error|failure)/.test(inside ?? ''));
  return { ran: cases.length, failed: failed.map(([, where, what]) => `${where} ${what}`) };
}
