import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestEtcd } from '../../test/support/testEtcd.ts';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { residentMiB } from '../../tools/testbed/processFigures.ts';
import { readBenchFlags } from '../flags.ts';
import { addressesOf } from './addresses.ts';
import { type EtcdFigures, readEtcd } from './etcdFigures.ts';
import type { SyncWorkerOptions, WorkerReport } from './worker.ts';

/**
 * `make bench-sync`: the cost of sharing the counts of many endpoints between many instances. Real
 * ledgers on a real etcd, without requests: picks and releases are made at the ledgers. One
 * instance has its own process, whose CPU and memory are those of an instance; the others share
 * some processes. It only prints, and reports whether this machine kept up: one that does not makes
 * the store look slow, and then instances write less often.
 */
const flags = readBenchFlags({
  instances: { type: 'string', default: '50' },
  endpoints: { type: 'string', default: '10000' },
  busy: { type: 'string', default: '1' },
  rate: { type: 'string', default: '300' },
  processes: { type: 'string', default: '2' },
  seconds: { type: 'string', default: '20' },
  budget: { type: 'string', default: '500' },
});

/** Time until the state is steady: all chunks are written, and the code is warm. */
const settleMs = 5_000;

async function main(): Promise<void> {
  const running = await startTestEtcd();
  const workers: ChildProcess[] = [];
  let reader: Baton | undefined;
  const dir = await mkdtemp(join(tmpdir(), 'baton-sync-'));
  try {
    const url = running.etcd.endpoint;
    const names = Array.from({ length: Number(flags.instances) }, (_, i) => `instance-${i}`);
    for (const share of shares(names, Number(flags.processes))) {
      const worker = startWorker({
        etcdUrl: url,
        names: share,
        endpoints: Number(flags.endpoints),
        busy: Number(flags.busy),
        rate: Number(flags.rate),
        writesPerSecond: Number(flags.budget),
      });
      workers.push(worker);
      await once(worker, 'message');
    }
    reader = await readerOf(dir, url);
    await reader.start();
    send(workers, 'load');
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    await sleep(settleMs);
    send(workers, 'measure');
    const before = await readEtcd(url);
    await sleep(Number(flags.seconds) * 1000);
    const after = await readEtcd(url);
    const [alone, ...others] = await requestReports(workers);
    if (alone !== undefined) print(alone, [alone, ...others], before, after);
    line('memory of a whole Baton that reads it all', await residentMiB(reader.process.pid), 'MiB');

    send(workers, 'stop');
    await sleep(settleMs);
    const idleFrom = await readEtcd(url);
    await sleep(3_000);
    const idleTo = await readEtcd(url);
    line('idle: etcd writes', perSecond(idleFrom, idleTo, 'revisions'), '/s');
  } finally {
    send(workers, 'leave');
    for (const process of reader?.processes ?? []) await process.kill();
    await Promise.all(workers.map((worker) => worker.exitCode ?? once(worker, 'exit')));
    await running.stop();
    await rm(dir, { recursive: true });
  }
}

/** `baton serve` without requests of its own, in the pool of the ledgers. */
async function readerOf(dir: string, etcdUrl: string): Promise<Baton> {
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  return new Baton({
    name: 'reader',
    port,
    adminPort,
    dir,
    settings: {
      pool: { name: 'test', endpoints: addressesOf(Number(flags.endpoints)), probe: { enabled: false } },
      etcd: { endpoints: [etcdUrl], requestTimeoutMs: 20_000, leaseTtlSeconds: 60 },
    },
  });
}

/** The first process has one instance; the others share the rest. */
function shares(names: readonly string[], processes: number): string[][] {
  const [first, ...rest] = names;
  const shared = Array.from({ length: processes }, (_, i) => rest.filter((_, j) => j % processes === i));
  return [[first ?? ''], ...shared].filter((share) => share.length > 0);
}

function startWorker(options: SyncWorkerOptions): ChildProcess {
  return fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(options)]);
}

function send(workers: readonly ChildProcess[], what: 'load' | 'measure' | 'stop' | 'leave'): void {
  for (const worker of workers) if (worker.connected) worker.send(what);
}

function requestReports(workers: readonly ChildProcess[]): Promise<WorkerReport[]> {
  return Promise.all(
    workers.map(async (worker) => {
      worker.send('report');
      const [report] = await once(worker, 'message');
      return report as WorkerReport;
    }),
  );
}

function print(
  alone: WorkerReport,
  all: readonly WorkerReport[],
  before: EtcdFigures,
  after: EtcdFigures,
): void {
  const seconds = (after.atMs - before.atMs) / 1000;
  const sum = (of: (report: WorkerReport) => number): number =>
    all.reduce((total, report) => total + of(report), 0) / seconds;
  const applyMs = all.flatMap((report) => report.applyMs);
  const lags = all.flatMap(({ lagMs }) => lagMs);
  line('instances', Number(flags.instances), '');
  line('endpoints, each busy at each instance', Number(flags.endpoints), '');
  line('new requests, all instances', Number(flags.instances) * Number(flags.rate), '/s');
  line('etcd writes, by its revisions', perSecond(before, after, 'revisions'), '/s');
  line(
    'etcd writes of the counts, by those who write',
    sum(({ writes }) => writes),
    '/s',
  );
  line('keys written', perSecond(before, after, 'puts'), '/s');
  line('into etcd', perSecond(before, after, 'receivedBytes') / 1e6, 'MB/s');
  line('out of etcd, to all watches', perSecond(before, after, 'sentBytes') / 1e6, 'MB/s');
  line(
    'watch events, all instances',
    sum(({ events }) => events),
    '/s',
  );
  line(
    'publications seen, all instances',
    sum(({ publications }) => publications),
    '/s',
  );
  line('applying a publication, median', quantile(applyMs, 0.5), 'ms');
  line('applying a publication, p99', quantile(applyMs, 0.99), 'ms');
  line(
    'view age, median instance, p50',
    quantile(
      lags.map(({ p50 }) => p50),
      0.5,
    ),
    'ms',
  );
  line(
    'view age, median instance, p99',
    quantile(
      lags.map(({ p99 }) => p99),
      0.5,
    ),
    'ms',
  );
  line('CPU of an instance alone in its process', alone.cpuMs / seconds / 10, '%');
  line('CPU of an instance on average', sum(({ cpuMs }) => cpuMs) / Number(flags.instances) / 10, '%');
  line('CPU of etcd', perSecond(before, after, 'cpuSeconds') * 100, '%');
  const { rss, heapUsed, external } = alone.memory;
  line('memory of an instance alone in its process', rss / 2 ** 20, 'MiB');
  line('of it JavaScript heap', heapUsed / 2 ** 20, 'MiB');
  line('of it buffers', external / 2 ** 20, 'MiB');
  line(
    'memberships lost',
    all.reduce((total, { rejoins }) => total + rejoins, 0),
    '',
  );
}

function perSecond(before: EtcdFigures, after: EtcdFigures, figure: keyof EtcdFigures): number {
  return ((after[figure] - before[figure]) * 1000) / (after.atMs - before.atMs);
}

function quantile(numbers: readonly number[], q: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

function line(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(48)} ${value.toFixed(value < 100 ? 2 : 0).padStart(9)} ${unit}\n`);
}

await main();
