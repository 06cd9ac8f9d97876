import { html, Markup } from './markup.ts';
import { chartStyle } from './pageStyle.ts';

/**
 * Horizontal bars in groups on a logarithmic scale, as a file: each bar has its name, so that no
 * legend has to be searched. Pure.
 */
export interface GroupedBars {
  readonly title: string;
  /** What the scale is of, and its unit. */
  readonly axis: string;
  /** The ends of the scale. */
  readonly least: number;
  readonly most: number;
  /** Where the scale has lines. */
  readonly ticks: readonly number[];
  /** The line that values are compared with. */
  readonly baseline?: number;
  readonly formatTick: (value: number) => string;
  readonly groups: readonly BarGroup[];
}

export interface BarGroup {
  readonly name: string;
  readonly bars: readonly GroupedBar[];
}

export interface GroupedBar {
  readonly name: string;
  readonly value: number;
  readonly label: string;
  /** Ours is seen first, the bound that no scheme reaches second. */
  readonly kind: 'ours' | 'bound' | 'other';
}

const left = 200;
const plotWidth = 500;
const width = left + plotWidth + 70;
const barHeight = 13;
const rowHeight = 17;
const groupHead = 26;
const groupGap = 8;
const plotTop = 62;

export function groupedBars(chart: GroupedBars): string {
  const { title, axis, least, most, ticks, baseline, formatTick, groups } = chart;
  const x = (value: number): number => {
    const within = Math.min(most, Math.max(least, value));
    return Math.round(left + (plotWidth * Math.log(within / least)) / Math.log(most / least));
  };
  let top = plotTop;
  const drawn = groups.map((group) => {
    const text = groupOf(group, top, x);
    top += groupHead + group.bars.length * rowHeight + groupGap;
    return text;
  });
  const height = top + 24;
  const lines = ticks.map(
    (value) =>
      html`<path class="${value === baseline ? 'baseline' : 'grid'}" d="M${x(value)} ${plotTop}V${top}"/><text class="tick" x="${x(value)}" y="${top + 15}">${formatTick(value)}</text>`,
  );
  const style = new Markup(`<style>${chartStyle}</style>`);
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${style}<rect class="paper" width="${width}" height="${height}"/><text class="headline" x="16" y="26">${title}</text><text class="tick start" x="16" y="46">${axis}</text>${lines}${drawn}</svg>`.text}\n`;
}

function groupOf({ name, bars }: BarGroup, top: number, x: (value: number) => number): Markup {
  const rows = bars.map((bar, nth) => {
    const y = top + groupHead + nth * rowHeight;
    const end = Math.max(left + 2, x(bar.value));
    return html`<text class="name ${bar.kind}" x="${left - 8}" y="${y + 10}">${bar.name}</text><rect class="bar ${bar.kind}" x="${left}" y="${y}" width="${end - left}" height="${barHeight}"/><text class="label ${bar.kind}" x="${end + 6}" y="${y + 10}">${bar.label}</text>`;
  });
  return html`<text class="title" x="16" y="${top + 18}">${name}</text>${rows}`;
}
