import { type GroupedBar, groupedBars } from '../../tools/charts/groupedBars.ts';
import type { PrefixFigures } from './prefixFigures.ts';
import { findMeasured, ratio } from './ratios.ts';

/** Time to the first token against the omniscient's, as bars, grouped by the kind of requests. */
const omniscient = 'omniscient greedy';
const prefix = 'baton prefix';
const fleet = '20 × 8B';
const load = 0.8;

/** The ratio of one scheme. */
export interface PrefixRatio {
  readonly requests: string;
  readonly scheme: string;
  readonly mean: number;
}

export function prefixChart(all: readonly PrefixFigures[]): string {
  const group = all.filter((one) => one.experiment === 'load' && one.fleet === fleet && one.load === load);
  const ratios = group
    .filter(({ instances }) => instances === 8)
    .flatMap((own): PrefixRatio[] => {
      const { requests, scheme } = own;
      const bound = findMeasured(group, { requests, scheme: omniscient });
      return bound === undefined ? [] : [{ requests, scheme, mean: ratio(own, bound, 'meanSeconds').mean }];
    });
  return drawRatios(ratios);
}

export function drawRatios(ratios: readonly PrefixRatio[]): string {
  return groupedBars({
    title: 'How soon first tokens come: eight instances, 80 % load, simulated',
    axis: 'Mean time to the first token ÷ that of the omniscient scheduler (1 ×), logarithmic: shorter is better',
    ...{ least: 0.4, most: 110, ticks: [0.5, 1, 2, 5, 10, 20, 50, 100], baseline: 1 },
    formatTick: (value) => `${value} ×`,
    groups: [...new Set(ratios.map(({ requests }) => requests))].map((requests) => ({
      name: requests,
      bars: ratios
        .filter((one) => one.requests === requests)
        .sort((one, other) => one.mean - other.mean)
        .map(({ scheme, mean }): GroupedBar => {
          const label = mean.toFixed(mean < 10 ? 2 : 0);
          return { name: scheme, value: mean, label, kind: scheme === prefix ? 'ours' : 'other' };
        }),
    })),
  });
}
