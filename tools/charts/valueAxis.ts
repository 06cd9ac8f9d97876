import { niceStep, type Scale, scale } from './axes.ts';
import { html, type Markup } from './markup.ts';

/** The area of a panel, and its horizontal axis. */
export interface PanelFrame {
  readonly x: Scale;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly height: number;
}

/** Grid lines at round values, from 0 to a little above the largest. */
export function valueAxis(
  { left, right, top, height }: PanelFrame,
  largest: number,
): { y: Scale; grid: Markup } {
  const most = Number.isFinite(largest) && largest > 0 ? largest : 1;
  const step = niceStep(most, 3);
  const count = Math.ceil((most * 0.999_999) / step);
  const y = scale([0, count * step], [top + height, top]);
  const lines = Array.from({ length: count + 1 }, (_, index) => {
    const value = Number((index * step).toPrecision(6));
    return html`<line class="grid" x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}"/><text class="value" x="${left - 8}" y="${y(value) + 4}">${value}</text>`;
  });
  return { y, grid: html`${lines}` };
}
