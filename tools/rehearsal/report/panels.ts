import { areaPath, linePath, type Point } from '../../charts/axes.ts';
import { html, type Markup } from '../../charts/markup.ts';
import { type PanelFrame, valueAxis } from '../../charts/valueAxis.ts';
import type { InstanceTimeline } from '../timeline.ts';
import type { Bucket } from './buckets.ts';
import type { ReportedDecision } from './report.ts';

/** The panels of the timeline, one function each: SVG on a common time axis. Pure. */
export interface LabelledDecision extends ReportedDecision {
  /** `b of upgrade 2`. */
  readonly who: string;
}

/** Number of colours; further instances reuse them. */
const instanceColours = 6;

export const instanceClass = (index: number): string => `i${index % instanceColours}`;

/** An instance that is down is drawn as one that has stopped. */
export const phaseClass = (phase: string): string => (phase === 'down' ? 'stopped' : phase);

/** Responses per second, as an area. */
export function ratePanel(frame: PanelFrame, parts: readonly Bucket[]): Markup {
  const { y, grid } = valueAxis(frame, Math.max(...parts.map(({ perSecond }) => perSecond)));
  const upper = steps(frame, parts, ({ perSecond }) => y(perSecond));
  const lower = upper.map(({ x }) => ({ x, y: y(0) }));
  return html`${grid}<path class="rate" d="${areaPath(upper, lower)}"/>`;
}

/** A mark where requests failed or were cut. An empty strip has the label "none". */
export function failurePanel({ x, left, right, top, height }: PanelFrame, parts: readonly Bucket[]): Markup {
  const bad = parts.filter(({ failed, cut }) => failed + cut > 0);
  const strip = html`<rect class="strip" x="${left}" y="${top}" width="${right - left}" height="${height}"/>`;
  if (bad.length === 0) {
    return html`${strip}<text class="good" x="${left + 8}" y="${top + height / 2 + 4}">none</text>`;
  }
  const marks = bad.map(({ fromMs, toMs, failed, cut }) => {
    const width = Math.max(3, x(toMs) - x(fromMs));
    return html`<rect class="bad" x="${x(fromMs)}" y="${top}" width="${width}" height="${height}"><title>${failed} failed, ${cut} cut</title></rect>`;
  });
  return html`${strip}${marks}`;
}

/** The phases of one instance over time, and their releases. */
export function lanePanel({ x, top, height }: PanelFrame, { spans }: InstanceTimeline): Markup {
  const rectangles = spans.map(({ fromMs, toMs, phase, release, generation }) => {
    const width = Math.max(1, x(toMs) - x(fromMs));
    const what = phase === 'down' ? '' : `${release}·${generation ?? '?'}`;
    const hasRoom = width > 7 * what.length + 8;
    const seconds = ((toMs - fromMs) / 1000).toFixed(1);
    const label =
      phase === 'ready' && hasRoom
        ? html`<text class="inlane" x="${x(fromMs) + width / 2}" y="${top + height / 2 + 4}">${what}</text>`
        : html``;
    return html`<rect class="phase ${phaseClass(phase)}" x="${x(fromMs)}" y="${top}" width="${width}" height="${height}"><title>${phase} ${what} for ${seconds} s</title></rect>${label}`;
  });
  return html`${rectangles}`;
}

/** Requests in flight through each instance, stacked. */
export function inFlightPanel(frame: PanelFrame, parts: readonly Bucket[], instances: number): Markup {
  const totals = parts.map(({ local }) => local.reduce((sum, count) => sum + count, 0));
  const { y, grid } = valueAxis(frame, Math.max(...totals));
  const layers: Markup[] = [];
  let below = parts.map(() => 0);
  for (let index = 0; index < instances; index++) {
    const above = parts.map(({ local }, nth) => (below[nth] ?? 0) + (local[index] ?? 0));
    const upper = steps(frame, parts, (_, nth) => y(above[nth] ?? 0));
    const lower = steps(frame, parts, (_, nth) => y(below[nth] ?? 0));
    layers.push(html`<path class="${instanceClass(index)}" d="${areaPath(upper, lower)}"/>`);
    below = above;
  }
  return html`${grid}${layers}`;
}

/** Each first decision: a ring at the others' count, a dot at the new instance's view. */
export function decisionPanel(frame: PanelFrame, decisions: readonly LabelledDecision[]): Markup {
  const most = Math.max(
    ...decisions.flatMap(({ believedTotal, othersTotal }) => [believedTotal, othersTotal]),
  );
  const { y, grid } = valueAxis(frame, most);
  const marks = decisions.map(({ atMs, who, isLoaded, believedTotal, othersTotal }) => {
    const x = frame.x(atMs);
    return html`<g class="${isLoaded ? 'loaded' : 'empty'}"><title>view of ${who}: ${believedTotal}, counted by the others: ${othersTotal}</title><line x1="${x}" y1="${y(believedTotal)}" x2="${x}" y2="${y(othersTotal)}"/><circle class="counted" cx="${x}" cy="${y(othersTotal)}" r="6"/><circle class="believed" cx="${x}" cy="${y(believedTotal)}" r="3.5"/></g>`;
  });
  return html`${grid}${marks}`;
}

/** The maximum age of the view of each instance. */
export function viewAgePanel(frame: PanelFrame, parts: readonly Bucket[], instances: number): Markup {
  const ages = parts.flatMap(({ viewAgeMs }) => viewAgeMs.map((age) => age ?? 0));
  const { y, grid } = valueAxis(frame, Math.max(...ages));
  const lines = Array.from({ length: instances }, (_, index) => {
    const points = parts.map(({ fromMs, toMs, viewAgeMs }): Point | undefined => {
      const age = viewAgeMs[index];
      return age == null ? undefined : { x: frame.x((fromMs + toMs) / 2), y: y(age) };
    });
    return html`<path class="line ${instanceClass(index)}" d="${linePath(points)}"/>`;
  });
  return html`${grid}${lines}`;
}

/** Two points per bucket, so that steps are at the edges of buckets. */
function steps(
  { x }: PanelFrame,
  parts: readonly Bucket[],
  y: (part: Bucket, nth: number) => number,
): Point[] {
  return parts.flatMap((part, nth) => [
    { x: x(part.fromMs), y: y(part, nth) },
    { x: x(part.toMs), y: y(part, nth) },
  ]);
}
