import { groupedBars } from '../charts/groupedBars.ts';
import { batonScheme } from './schemes.ts';
import type { Row } from './table.ts';

/** The p99 of the queueing time as bars, grouped by scenario. Pure. */
const leastMs = 10;
const ticks = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000];

export function balanceChart(rows: readonly Row[]): string {
  const scenarios = [...new Set(rows.map(({ scenario }) => scenario))];
  // Values differ by a factor of hundreds and may be 0: a logarithmic scale from 10 ms.
  const most = Math.max(100, ...rows.map(({ waitMs }) => waitMs.p99));
  return groupedBars({
    title: 'How long the slowest 1 % of requests wait for a slot',
    axis: 'p99 of the time in a pod’s queue, ms, logarithmic',
    ...{ least: leastMs, most, ticks: ticks.filter((ms) => ms <= most) },
    formatTick: (ms) => ms.toLocaleString('en'),
    groups: scenarios.map((scenario) => ({
      name: scenario,
      bars: rows
        .filter((row) => row.scenario === scenario)
        .map(({ scheme, waitMs: { p99 } }) => ({
          ...{ name: scheme, value: p99, label: Math.round(p99).toLocaleString('en') },
          kind: kindOf(scheme),
        })),
    })),
  });
}

function kindOf(scheme: string): 'ours' | 'bound' | 'other' {
  if (scheme === batonScheme.name) return 'ours';
  return scheme.startsWith('omniscient') ? 'bound' : 'other';
}
