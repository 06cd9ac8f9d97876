import { formatMarkdownTable } from '../../tools/simulator/table.ts';
import { type Spread, spread } from '../summary.ts';
import type { BalanceSetup } from './environment.ts';
import type { MeasuredBalance } from './measure.ts';
import { p99Ratio, quantile, type Ratio } from './statistics.ts';
import type { UpgradeRun } from './upgrade.ts';
import type { CrossCheck } from './viewAge.ts';
import type { Bar } from './waitChart.ts';

/** The figures as tables, and the lines that decide about the targets. Pure. */
const mostP99Ratio = 1.15;
const mostViewAgeMs = 50;

const nameOf = ({ instances, sharing }: BalanceSetup): string =>
  `${instances}${instances > 1 && sharing === 'off' ? ', nothing shared' : ''}`;

/** The rounds of each setup, in the order of the table. */
export function grouped(
  measured: readonly MeasuredBalance[],
): (readonly [MeasuredBalance, ...MeasuredBalance[]])[] {
  const groups = Map.groupBy(measured, ({ instances, sharing }) => `${sharing} ${instances}`);
  return [...groups.values()]
    .map((group) => group as [MeasuredBalance, ...MeasuredBalance[]])
    .sort(([a], [b]) => a.instances - b.instances || b.sharing.localeCompare(a.sharing));
}

export function balanceTable(measured: readonly MeasuredBalance[]): string[] {
  const head = [
    'instances',
    'rounds',
    'requests',
    'failed',
    'max/mean',
    'p50',
    'p99',
    'p99 by round',
    'simulated',
  ];
  const rows = grouped(measured).map((group) => {
    const queuedMs = group.flatMap((one) => one.queuedMs);
    const byRound = spread(group.map((one) => quantile(one.queuedMs, 0.99)));
    return [
      nameOf(group[0]),
      String(group.length),
      String(queuedMs.length),
      String(group.reduce((sum, { failed }) => sum + failed, 0)),
      spread(group.map(({ maxOverMean }) => maxOverMean.mean)).median.toFixed(2),
      quantile(queuedMs, 0.5).toFixed(0),
      quantile(queuedMs, 0.99).toFixed(0),
      formatSpread(byRound, 0),
      formatSpread(spread(group.map((one) => one.simulatedP99Ms)), 0),
    ];
  });
  return formatMarkdownTable([head, ...rows]);
}

/** The cost of sharing, and the age of the views. */
export function costTable(measured: readonly MeasuredBalance[]): string[] {
  const head = [
    'instances',
    'view age p50',
    'p99',
    'worst p99',
    'writes/s',
    'kB/s in',
    'kB/s out',
    'fsync ms',
    'CPU % an instance',
    'etcd',
    'Envoy',
  ];
  const rows = grouped(measured).map((group) => {
    const median = (of: (one: MeasuredBalance) => number, digits: number) =>
      spread(group.map(of)).median.toFixed(digits);
    const isShared = group[0].sharing === 'on';
    const ofShared = (of: (one: MeasuredBalance) => number, digits: number) =>
      isShared ? median(of, digits) : '–';
    return [
      nameOf(group[0]),
      ofShared(({ viewAge }) => viewAge?.p50Ms ?? Number.NaN, 1),
      ofShared(({ viewAge }) => viewAge?.p99Ms ?? Number.NaN, 1),
      ofShared(({ viewAge }) => viewAge?.worstP99Ms ?? Number.NaN, 1),
      ofShared(({ rates }) => rates.etcd.writes, 0),
      ofShared(({ rates }) => rates.etcd.bytesIn / 1000, 0),
      ofShared(({ rates }) => rates.etcd.bytesOut / 1000, 0),
      ofShared(({ rates }) => rates.fsyncMs, 2),
      median(({ rates }) => rates.cpu.instance, 1),
      ofShared(({ rates }) => rates.cpu.etcd, 1),
      median(({ rates }) => rates.cpu.envoy, 1),
    ];
  });
  return formatMarkdownTable([head, ...rows]);
}

export function upgradeTable(runs: readonly UpgradeRun[]): string[] {
  const head = ['upgrade', '', 'seconds', 'requests', 'failed', 'max/mean', 'p50', 'p99'];
  const rows = runs.flatMap((run) =>
    run.parts.map(({ name, requests, maxOverMean, p50Ms, p99Ms }, nth) => {
      const bounds = [0, run.fromMs, run.toMs, run.endMs];
      return [
        nth === 0 ? `${run.instances} instances, ${run.sharing === 'on' ? 'sharing' : 'nothing shared'}` : '',
        name,
        (((bounds[nth + 1] ?? 0) - (bounds[nth] ?? 0)) / 1000).toFixed(0),
        String(requests),
        nth === 0 ? `${run.failed} of ${run.requests}` : '',
        maxOverMean.toFixed(2),
        p50Ms.toFixed(0),
        p99Ms.toFixed(0),
      ];
    }),
  );
  return formatMarkdownTable([head, ...rows]);
}

/** The p99 of each setup relative to one instance, and the verdict on the targets. */
export function verdicts(measured: readonly MeasuredBalance[], check: CrossCheck | undefined): string[] {
  const groups = grouped(measured);
  const one = groups.find(([{ instances, sharing }]) => instances === 1 && sharing === 'on');
  const lines: string[] = [];
  for (const group of groups) {
    const { instances, sharing } = group[0];
    if (instances === 1 || !one) continue;
    const ratio = p99Ratio(group, one);
    if (!ratio) continue;
    const target =
      instances === 4 && sharing === 'on' ? verdict(ratio.pooled <= mostP99Ratio, `≤ ${mostP99Ratio}`) : '';
    const words = sharing === 'on' ? 'sharing' : 'nothing shared';
    lines.push(`M = ${instances} / M = 1, p99 queueing, ${words}: ${shownRatio(ratio)}${target}`);
  }
  const most = groups.filter(([{ sharing }]) => sharing === 'on').at(-1);
  if (most?.[0].viewAge) {
    const all = most.reduce((sum, { rates }) => sum + rates.lags.all, 0);
    const within = most.reduce((sum, { rates }) => sum + rates.lags.within50Ms, 0);
    const p99 = spread(most.map(({ viewAge }) => viewAge?.p99Ms ?? Number.NaN));
    const target = verdict(within >= 0.99 * all, `99 % ≤ ${mostViewAgeMs} ms`);
    lines.push(
      `View age, ${most[0].instances} instances, own watch events: p99 ${formatSpread(p99, 1)} ms; ` +
        `${((100 * within) / all).toFixed(2)} % of ${all} writes seen within ${mostViewAgeMs} ms${target}`,
    );
  }
  if (check) {
    const { instances, reservations, missed, p50Ms, p99Ms, mostMs, fromWriteMs } = check;
    lines.push(
      `View age, ${instances} instances, on one clock (reservation to the other's count): p50 ${p50Ms.toFixed(1)}, ` +
        `p99 ${p99Ms.toFixed(1)}, most ${mostMs.toFixed(1)} ms of ${reservations}, ${missed} missed; ` +
        `from the write on p50 ${fromWriteMs.p50.toFixed(1)}, p99 ${fromWriteMs.p99.toFixed(1)} ms` +
        verdict(p99Ms <= mostViewAgeMs && missed === 0, `p99 ≤ ${mostViewAgeMs} ms`),
    );
  }
  return lines;
}

export function bars(measured: readonly MeasuredBalance[]): Bar[] {
  return grouped(measured).map((group) => ({
    instances: group[0].instances,
    sharing: group[0].sharing,
    p99Ms: spread(group.map(({ queuedMs }) => quantile(queuedMs, 0.99))),
  }));
}

function verdict(isReached: boolean, target: string): string {
  return `; target ${target}: ${isReached ? 'reached' : 'missed'}`;
}

function shownRatio({ pooled, least, most, rounds }: Ratio): string {
  const byRound = rounds > 1 ? ` (${least.toFixed(2)}–${most.toFixed(2)} by round)` : '';
  return `${pooled.toFixed(2)}${byRound}`;
}

function formatSpread({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
