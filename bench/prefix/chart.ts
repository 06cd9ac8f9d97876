import type { PrefixFigures } from './prefixFigures.ts';
import { findMeasured, ratio } from './ratios.ts';

/** Time to the first token against the omniscient's, as bars on a logarithmic scale. */
const title = 'Mean time to the first token ÷ that of the omniscient, eight instances, 80 % load';
const omniscient = 'omniscient greedy';
const fleet = '20 × 8B';
const load = 0.8;
const left = 190;
const plotWidth = 520;
const width = left + plotWidth + 70;
const barHeight = 11;
const groupGap = 18;
const top = 44;
const legendColumns = 3;
const mostRatio = 100;
const colours = [
  '#1b7837',
  '#a6dba0',
  '#2166ac',
  '#67a9cf',
  '#fdae61',
  '#f46d43',
  '#d73027',
  '#7b3294',
  '#999999',
];

export function prefixChart(all: readonly PrefixFigures[]): string {
  const group = all.filter((one) => one.experiment === 'load' && one.fleet === fleet && one.load === load);
  const kinds = [...new Set(group.map(({ requests }) => requests))];
  const schemes = [...new Set(group.filter(({ instances }) => instances === 8).map(({ scheme }) => scheme))];
  const plotTop = top + Math.ceil(schemes.length / legendColumns) * 16;
  const groupHeight = schemes.length * barHeight + groupGap;
  const plotHeight = kinds.length * groupHeight;
  const x = (value: number): number =>
    (plotWidth * Math.log(Math.min(mostRatio, Math.max(1, value)))) / Math.log(mostRatio);

  const legend = schemes.map((scheme, index) => {
    const at = { x: 20 + (index % legendColumns) * 250, y: top - 6 + Math.floor(index / legendColumns) * 16 };
    return `<rect x="${at.x}" y="${at.y}" width="10" height="10" fill="${colour(index)}"/>${text(at.x + 15, at.y + 9, scheme)}`;
  });
  const grid = [1, 1.5, 2, 5, 10, 20, 50, 100].map((value) => {
    const lineX = left + x(value);
    return `<path d="M${lineX.toFixed(1)} ${plotTop}v${plotHeight}" stroke="#bbb" stroke-opacity="0.5"/>${text(lineX, plotTop + plotHeight + 14, `${value} ×`, 'middle')}`;
  });
  const bars = kinds.flatMap((requests, number) => {
    const groupTop = plotTop + number * groupHeight + groupGap / 2;
    const bound = findMeasured(group, { requests, scheme: omniscient });
    const label = text(left - 10, groupTop + (schemes.length * barHeight) / 2 + 4, requests, 'end');
    return [
      label,
      ...schemes.map((scheme, index) => {
        const own = findMeasured(group, { requests, scheme, instances: 8 });
        if (own === undefined || bound === undefined) return '';
        const { mean } = ratio(own, bound, 'meanSeconds');
        const y = groupTop + index * barHeight;
        const barWidth = Math.max(1, x(mean));
        return `<rect x="${left}" y="${y}" width="${barWidth.toFixed(1)}" height="${barHeight - 2}" fill="${colour(index)}"/>${text(left + barWidth + 4, y + 8, mean.toFixed(mean < 10 ? 2 : 0))}`;
      }),
    ];
  });
  const height = plotTop + plotHeight + 24;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="10" fill="#777">`,
    `<title>${title}</title>`,
    `<text x="20" y="24" font-size="14">${title}</text>`,
    ...legend,
    ...grid,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}

function colour(index: number): string {
  return colours[index % colours.length] as string;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}
