import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton } from '../../tools/testbed/baton.ts';
import { openExchange } from '../../tools/testbed/extProcClient.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { foreignTool } from '../support/foreignTool.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';

/** The metrics of an instance that traces, as Prometheus asks for them and reads them. */
const promtool = foreignTool('promtool', 'scripts/install-chart-tools.sh');
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
/** What Prometheus sends. */
const accept =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,' +
  'text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

let dir: string;
let baton: Baton;
const receiver = createServer((request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
});
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'baton-exemplars-'));
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const otlpEndpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const settings = {
    pool: { endpoints: ['10.0.0.1:80'], probe: { enabled: false } },
    telemetry: { otlpEndpoint },
    drain: { noticeMs: 0, quietMs: 0, graceMs: 0 },
  };
  baton = new Baton({ name: 'traced', port, adminPort, dir, settings });
  await baton.start();
});
afterAll(async () => {
  await baton.stop();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await rm(dir, { recursive: true });
});
// After the parts are ended, in the order in which hooks are written.
checkForLeaks();

async function decide(flags: '00' | '01'): Promise<void> {
  const value = `00-${traceId}-00f067aa0ba902b7-${flags}`;
  const exchange = await openExchange(baton.address, {
    headers: [{ key: 'traceparent', raw_value: Buffer.from(value) }],
  });
  exchange.end();
  await exchange.status;
}

const metrics = (headers: Record<string, string>) => sendHttp(`${baton.adminUrl}/metrics`, { headers });
const exemplarLines = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line.includes(' # {'));

it('a sampled decision is the exemplar of its bucket, and one that is not is none', async () => {
  await decide('00');
  expect(exemplarLines((await metrics({ accept })).text)).toEqual([]);
  await decide('01');
  const { headers, text } = await metrics({ accept });
  expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(exemplarLines(text)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^baton_decision_duration_seconds_bucket\\{le="[^"]+"\\} \\d+ # \\{trace_id="${traceId}",span_id="[\\da-f]{16}"\\} `,
      ),
    ),
  ]);
  expect((await metrics({})).headers['content-type']).toContain('version=0.0.4');
});

promtool.describe(`the same, in ${promtool.title}`, () => {
  it('is read by the parser of Prometheus, wholly', async () => {
    await decide('01');
    const { text } = await metrics({ accept });
    const file = join(dir, 'metrics.txt');
    // What is imported needs a time, which a scrape gives to each sample.
    const timed = text.replace(/^([a-z].*?) (\S+)(?= # \{|$)/gm, `$1 $2 ${Math.floor(Date.now() / 1000)}`);
    await writeFile(file, timed);
    const output = await new Promise<string>((resolve, reject) => {
      const args = ['tsdb', 'create-blocks-from', 'openmetrics', file, join(dir, 'blocks')];
      execFile(promtool.path, args, { timeout: 60_000 }, (error, stdout, stderr) =>
        error ? reject(new Error(`${stdout}${stderr}`)) : resolve(stdout),
      );
    });
    expect(output).toMatch(/BLOCK ULID/);
    expect(exemplarLines(timed)).not.toEqual([]);
  });
});
