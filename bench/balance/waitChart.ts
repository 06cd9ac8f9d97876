import { html } from '../../tools/charts/markup.ts';
import { valueAxis } from '../../tools/charts/valueAxis.ts';
import type { Spread } from '../summary.ts';
import { drawing, left, right } from './drawing.ts';
import type { BalanceSharing } from './environment.ts';

/** The p99 of the queueing time by number of instances, with and without sharing. */
export interface Bar {
  readonly instances: number;
  readonly sharing: BalanceSharing;
  /** Of the rounds. */
  readonly p99Ms: Spread;
}

const barWidth = 44;
const sharings: readonly BalanceSharing[] = ['on', 'off'];

/**
 * Bars by number of instances; the whisker extends from the smallest to the largest round. Pure.
 */
export function waitChart(bars: readonly Bar[], title: string): string {
  const counts = [...new Set(bars.map(({ instances }) => instances))].sort((a, b) => a - b);
  const groupWidth = (right - left) / counts.length;
  const centre = (instances: number): number => left + (counts.indexOf(instances) + 0.5) * groupWidth;
  return drawing({
    title,
    series: ['the instances share their load in etcd', 'each knows only what it placed itself'],
    x: (value) => value,
    panels: [
      {
        title: 'p99 of the time in a pod’s queue, ms: all rounds’ median, least and most',
        height: 220,
        draw: (frame) => {
          const { y, grid } = valueAxis(frame, Math.max(...bars.map(({ p99Ms }) => p99Ms.max)));
          const drawn = bars.map(({ instances, sharing, p99Ms }) => {
            const nth = sharings.indexOf(sharing);
            const x = centre(instances) + (nth - 1) * (barWidth + 4);
            const middle = x + barWidth / 2;
            const top = y(p99Ms.median);
            return html`<rect class="i${nth}" x="${x}" y="${top}" width="${barWidth}" height="${y(0) - top}"/><path class="whisker" d="M${middle} ${y(p99Ms.min)}V${y(p99Ms.max)}"/><text class="inbar" x="${middle}" y="${y(0) - 8}">${p99Ms.median.toFixed(0)}</text>`;
          });
          return html`${grid}${drawn}`;
        },
      },
    ],
    foot: (top) => {
      const labels = counts.map((instances) => {
        const words = instances === 1 ? '1 instance' : `${instances} instances`;
        return html`<text class="tick" x="${centre(instances)}" y="${top}">${words}</text>`;
      });
      return html`${labels}`;
    },
  });
}
