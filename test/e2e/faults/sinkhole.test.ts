import type { Pod } from '../../../tools/testbed/pod.ts';
import { SseLoad } from '../../../tools/testbed/sseLoad.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { setFault } from '../../support/podFault.ts';
import { type Sinkhole, type SinkholeReport, sinkhole } from '../../support/sinkhole.ts';
import { useTopology } from '../../support/topology.ts';

/** A pod that fails fast is always the least loaded one, and passes its health probe. */
checkForLeaks();

const podFlags = { 'ttft-ms': 50, 'token-ms': 50, tokens: 8, jitter: 0.3, slots: 128 };

const waysToFail: readonly [string, Sinkhole][] = [
  ['answers 500', { fault: { kind: 'error' } }],
  ['answers 429', { fault: { kind: 'error', status: 429 } }],
  ['answers 404 for a model that it should have', { fault: { kind: 'error', status: 404 } }],
  ['answers 401, because its back end is broken', { fault: { kind: 'error', status: 401 } }],
  ['closes the connection when a request arrives', { fault: { kind: 'close' } }],
  ['answers 200 without content', { fault: { kind: 'empty' } }],
  ['answers 200 with an error event in the stream', { fault: { kind: 'error-event' } }],
  ['is cut after the headers', { fault: { kind: 'cut-at-once' } }],
  ['is cut after the first token', { fault: { kind: 'cut' } }],
  [
    'answers 500 while the policy is random',
    { fault: { kind: 'error' }, headers: { 'routing-strategy': 'random' } },
  ],
  [
    'answers 500 while the policy is round-robin',
    { fault: { kind: 'error' }, headers: { 'routing-strategy': 'round-robin' } },
  ],
];

/** Most of a row is waiting, so some run at the same time. */
const lanes = 3;

function expectBounded(
  title: string,
  { firstSecond, later, backAfterMs }: SinkholeReport,
  shareLater: number,
): void {
  process.stdout.write(
    `${title}: ${firstSecond.lost} of ${firstSecond.sent} in the first second, ` +
      `${later.lost} of ${later.sent} in the next ten, back after ${backAfterMs} ms\n`,
  );
  expect(firstSecond.lost).toBeLessThanOrEqual(0.34 * firstSecond.sent);
  expect(later.lost).toBeLessThan(shareLater * later.sent);
}

describe('when one of three pods fails fast', () => {
  const topologies = Array.from({ length: lanes }, () =>
    useTopology({ instances: 1, etcd: false, podFlags }),
  );
  const reports = new Map<string, Promise<SinkholeReport>>();

  beforeAll(() => {
    for (const [lane, topology] of topologies.entries()) {
      let last: Promise<unknown> = Promise.resolve();
      for (const [title, how] of waysToFail.filter((_row, nth) => nth % lanes === lane)) {
        const report = last.then(() => sinkhole(topology(), topology().pods[1] as Pod, how));
        last = report.catch(() => {});
        reports.set(title, report);
      }
    }
  });
  // A report whose test has not run yet must not end the process.
  afterAll(() => Promise.allSettled(reports.values()));

  it.each(waysToFail.map(([title]) => title))(
    'and %s, it draws no traffic and comes back',
    async (title) => {
      expectBounded(title, (await reports.get(title)) as SinkholeReport, 0.01);
    },
    120_000,
  );
});

describe('when one of three pods fails fast, and no instance decides', () => {
  const topology = useTopology({ instances: 1, etcd: false, podFlags });

  it('Envoy takes it out of what it chooses from', async () => {
    const { chatUrl, envoy, instances, pods } = topology();
    await instances[0]?.kill();
    await envoy.waitForHealthy('scheduler', []);
    await setFault(pods[1] as Pod, { kind: 'error' });
    const pace = { kind: 'open', requestsPerSecond: 100 } as const;
    const { sent, failed, cut } = await new SseLoad({ url: chatUrl, pace, durationMs: 3_000 }).start();
    process.stdout.write(`no instance: ${failed + cut} of ${sent}\n`);
    expect(failed + cut).toBeGreaterThan(0);
    // Three, and those that are on their way by then. Otherwise it draws half of them and more.
    expect(failed + cut).toBeLessThan(0.1 * sent);
  }, 60_000);
});

describe('when one of three pods fails fast behind eight instances', () => {
  const topology = useTopology({ instances: 8, podFlags });

  it('draws little traffic within a second, and all instances trust it again', async () => {
    const report = await sinkhole(topology(), topology().pods[1] as Pod, { fault: { kind: 'error' } });
    expectBounded('eight instances', report, 0.01);
  }, 120_000);
});
