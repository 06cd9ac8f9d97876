import { html, Markup } from '../../tools/charts/markup.ts';
import { chartStyle } from '../../tools/charts/pageStyle.ts';
import type { PanelFrame } from '../../tools/charts/valueAxis.ts';

/** A chart as a file, in the style of the rehearsal report. Pure. */
export const left = 60;
export const right = 748;
const width = 760;
const titleHeight = 24;
const gap = 16;
const legendTop = 26;
export const firstTop = 44;

export interface Panel {
  readonly title: string;
  readonly height: number;
  readonly draw: (frame: PanelFrame) => Markup;
}

export interface Drawing {
  readonly title: string;
  /** Names of the series; the first has the colour class `i0`. */
  readonly series: readonly string[];
  readonly x: PanelFrame['x'];
  readonly panels: readonly Panel[];
  /** Below the last panel, from this top edge on. */
  readonly foot: (top: number) => Markup;
}

export function drawing({ title, series, x, panels, foot }: Drawing): string {
  let legendLeft = left;
  const legend = series.map((name, index) => {
    const entry = html`<rect class="i${index}" x="${legendLeft}" y="${legendTop}" width="12" height="12"/><text class="tick start" x="${legendLeft + 18}" y="${legendTop + 10}">${name}</text>`;
    legendLeft += 50 + name.length * 6.5;
    return entry;
  });
  let top = firstTop;
  const drawn = panels.map((panel) => {
    const frame: PanelFrame = { x, left, right, top: top + titleHeight, height: panel.height };
    top += titleHeight + panel.height + gap;
    return html`<text class="title" x="${left}" y="${frame.top - 7}">${panel.title}</text>${panel.draw(frame)}`;
  });
  const height = top + 16;
  const ownStyle = new Markup(`<style>${chartStyle}</style>`);
  const paper = html`<rect class="paper" width="${width}" height="${height}"/>`;
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${ownStyle}${paper}<text class="headline" x="${left}" y="17">${title}</text>${legend}${drawn}${foot(top)}</svg>`.text}\n`;
}
