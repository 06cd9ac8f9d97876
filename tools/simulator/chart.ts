import type { Row } from './table.ts';

/** The p99 of the queueing time as bars, grouped by scenario, in one self-contained SVG. */
const title = 'How long the slowest 1 % of requests wait for a slot (p99, logarithmic)';
const barHeight = 11;
const groupGap = 18;
const left = 190;
const plotWidth = 520;
const right = 70;
const top = 64;
const legendColumns = 3;
const colours = ['#1b7837', '#2166ac', '#67a9cf', '#d1e5f0', '#fdae61', '#f46d43', '#d73027', '#999999'];

export function balanceChart(rows: readonly Row[]): string {
  const scenarios = [...new Set(rows.map(({ scenario }) => scenario))];
  const schemes = [...new Set(rows.map(({ scheme }) => scheme))];
  const legendHeight = Math.ceil(schemes.length / legendColumns) * 16;
  // Values differ by a factor of hundreds and may be 0: a logarithmic scale from 10 ms.
  const mostMs = Math.max(100, ...rows.map(({ waitMs }) => waitMs.p99));
  const x = (ms: number): number => (plotWidth * Math.log10(Math.max(10, ms) / 10)) / Math.log10(mostMs / 10);
  const groupHeight = schemes.length * barHeight + groupGap;
  const plotTop = top + legendHeight;
  const plotHeight = scenarios.length * groupHeight;

  const legend = schemes.map((scheme, index) => {
    const at = {
      x: 20 + (index % legendColumns) * 250,
      y: top - 12 + Math.floor(index / legendColumns) * 16,
    };
    return `<rect x="${at.x}" y="${at.y}" width="10" height="10" fill="${colour(index)}"/>${text(at.x + 15, at.y + 9, scheme)}`;
  });
  const grid = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000]
    .filter((ms) => ms <= mostMs)
    .map((ms) => {
      const lineX = (left + x(ms)).toFixed(1);
      return `<path d="M${lineX} ${plotTop}v${plotHeight}" stroke="#ddd"/>${text(Number(lineX), plotTop + plotHeight + 14, `${ms} ms`, 'middle')}`;
    });
  const bars = scenarios.flatMap((scenario, group) => {
    const groupTop = plotTop + group * groupHeight + groupGap / 2;
    const label = text(left - 10, groupTop + (schemes.length * barHeight) / 2 + 4, scenario, 'end');
    const ofGroup = schemes.map((scheme, index) => {
      const row = rows.find((one) => one.scenario === scenario && one.scheme === scheme);
      const ms = row?.waitMs.p99 ?? 0;
      const y = groupTop + index * barHeight;
      const width = Math.max(1, x(ms)).toFixed(1);
      return `<rect x="${left}" y="${y}" width="${width}" height="${barHeight - 2}" fill="${colour(index)}"/>${text(left + Number(width) + 4, y + 8, ms.toFixed(0))}`;
    });
    return [label, ...ofGroup];
  });

  const width = left + plotWidth + right;
  const height = plotTop + plotHeight + 30;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="10">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="20" y="26" font-size="15">${title}</text>`,
    ...legend,
    ...grid,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}

function colour(index: number): string {
  return colours[index % colours.length] ?? '#000';
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}
