import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserPage, Chromium, findChromium } from '../test/support/chromium.ts';
import { startTestEtcd } from '../test/support/testEtcd.ts';
import { Baton } from '../tools/testbed/baton.ts';
import { freePorts } from '../tools/testbed/ports.ts';
import { until } from '../tools/testbed/until.ts';
import { cpuMs } from './cpu.ts';
import { command } from './environment.ts';
import { readBenchFlags } from './flags.ts';
import { describeMachine } from './machine.ts';
import { addressesOf } from './sync/addresses.ts';
import type { SyncWorkerOptions } from './sync/worker.ts';

/**
 * `npm run bench-dashboard`: a real instance with many pods and peers whose counts change all the
 * time, and its dashboard in a headless Chromium. How often the page draws a frame, how long its
 * tasks take, and what an open page costs the instance. Processor time is measured with the page
 * and without it in turns. It only prints.
 */
const flags = readBenchFlags({
  pods: { type: 'string', default: '1000' },
  instances: { type: 'string', default: '20' },
  rate: { type: 'string', default: '100' },
  seconds: { type: 'string', default: '20' },
  rounds: { type: 'string', default: '3' },
});
const [podCount, instances, seconds] = [flags.pods, flags.instances, flags.seconds].map(Number) as [
  number,
  number,
  number,
];

/** What the page saw of itself. */
interface Frames {
  /** The times between frames. */
  readonly gapsMs: readonly number[];
  /** Tasks of more than 50 ms. */
  readonly longTasksMs: readonly number[];
  /** Readings of the feed that were drawn. */
  readonly drawn: number;
}

async function main(): Promise<number> {
  const browser = findChromium(process.env);
  if (browser === undefined) throw new Error('no Chromium: CHROMIUM_BIN, or make test-browser installs it');
  const running = await startTestEtcd();
  const dir = await mkdtemp(join(tmpdir(), 'baton-dashboard-'));
  const peers = startPeers(running.etcd.endpoint);
  const chromium = await Chromium.start(browser);
  const instance = await instanceOf(dir, running.etcd.endpoint);
  try {
    await once(peers, 'message');
    await instance.start();
    peers.send('load');
    await once(peers, 'message');
    await until(async () => (await instance.state()).peers.length === instances - 1, { what: 'all peers' });
    process.stdout.write(`${describeMachine()}; ${podCount} pods, ${instances} instances\n\n`);
    for (let round = 0; round < Number(flags.rounds); round += 1) await measure(instance, chromium);
    return 0;
  } finally {
    await chromium.stop();
    for (const process of instance.processes) await process.kill();
    if (peers.connected) peers.send('leave');
    await (peers.exitCode ?? once(peers, 'exit'));
    await running.stop();
    await rm(dir, { recursive: true });
  }
}

async function measure(instance: Baton, chromium: Chromium): Promise<void> {
  const without = await cpuShare(instance, () => sleep(seconds * 1000));
  const page = await chromium.open(`${instance.adminUrl}/`, { width: 1280, height: 900 });
  await until(() => page.evaluate<boolean>('document.body?.dataset.at !== undefined'), { what: 'the page' });
  let frames: Frames | undefined;
  let busy = 0;
  const with_ = await cpuShare(instance, async () => {
    const before = await taskSeconds(page);
    frames = await page.evaluate<Frames>(watchFrames(seconds * 1000));
    busy = (await taskSeconds(page)) - before;
  });
  await page.close();
  if (frames !== undefined) print(frames, busy / seconds, without, with_);
}

/** The share of a processor that the instance takes. */
async function cpuShare({ process }: Baton, during: () => Promise<unknown>): Promise<number> {
  const [before, fromMs] = [await cpuMs(process.pid), performance.now()];
  await during();
  return ((await cpuMs(process.pid)) - before) / (performance.now() - fromMs);
}

async function taskSeconds(page: BrowserPage): Promise<number> {
  await page.send('Performance.enable');
  const { metrics } = await page.send<{ metrics: { name: string; value: number }[] }>(
    'Performance.getMetrics',
  );
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}

/** Runs in the page. */
function watchFrames(ms: number): string {
  return `new Promise((resolve) => {
    const gapsMs = [], longTasksMs = [];
    let drawn = 0, lastMs = 0, fromMs = 0;
    const tasks = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasksMs.push(duration);
    });
    tasks.observe({ type: 'longtask' });
    const readings = new MutationObserver(() => { drawn += 1; });
    readings.observe(document.body, { attributes: true, attributeFilter: ['data-at'] });
    requestAnimationFrame(function frame(nowMs) {
      if (lastMs > 0) gapsMs.push(nowMs - lastMs); else fromMs = nowMs;
      lastMs = nowMs;
      if (nowMs - fromMs < ${ms}) return requestAnimationFrame(frame);
      tasks.disconnect();
      readings.disconnect();
      resolve({ gapsMs, longTasksMs, drawn });
    });
  })`;
}

function print({ gapsMs, longTasksMs, drawn }: Frames, busy: number, without: number, with_: number): void {
  const sorted = gapsMs.toSorted((a, b) => a - b);
  const totalMs = gapsMs.reduce((sum, gap) => sum + gap, 0);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  process.stdout.write(
    [
      `frames a second        ${((1000 * gapsMs.length) / totalMs).toFixed(1)}`,
      `between two of them    p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
      `tasks above 50 ms      ${longTasksMs.length}, longest ${Math.max(0, ...longTasksMs).toFixed(0)} ms`,
      `readings drawn         ${drawn} in ${seconds} s, the page is busy ${percent(busy)} of the time`,
      `CPU of the instance    ${percent(without)} without a page, ${percent(with_)} with it`,
      '\n',
    ].join('\n'),
  );
}

/** The other instances, without the rest of their processes. */
function startPeers(etcdUrl: string): ChildProcess {
  const options: SyncWorkerOptions = {
    etcdUrl,
    names: Array.from({ length: instances - 1 }, (_, nth) => `instance-${nth + 1}`),
    endpoints: podCount,
    busy: 1,
    rate: Number(flags.rate),
    writesPerSecond: 500,
  };
  return fork(join(import.meta.dirname, 'sync/worker.ts'), [JSON.stringify(options)]);
}

async function instanceOf(dir: string, etcdUrl: string): Promise<Baton> {
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const settings = {
    instance: { id: 'read' },
    // The pool of the peers.
    pool: { name: 'test', endpoints: addressesOf(podCount), probe: { enabled: false } },
    etcd: { endpoints: [etcdUrl], requestTimeoutMs: 20_000, leaseTtlSeconds: 60 },
    upgrade: { steering: 'off' },
  };
  return new Baton({ name: 'dashboard', port, adminPort, dir, settings });
}

await command(main);
