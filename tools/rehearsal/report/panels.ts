import { areaPath, linePath, type Point } from '../../charts/axes.ts';
import { html, type Markup } from '../../charts/markup.ts';
import { type PanelFrame, valueAxis } from '../../charts/valueAxis.ts';
import type { InstanceTimeline } from '../timeline.ts';
import type { Bucket } from './buckets.ts';
import type { ReportedDecision } from './report.ts';

/** The panels of the timeline, one function each: SVG below a given top edge, on a common time axis. Pure. */
export interface LabelledDecision extends ReportedDecision {
  /** `b of upgrade 2`. */
  readonly who: string;
}

/** Instances beyond this many share colours. */
const instanceColours = 6;

export const instanceClass = (index: number): string => `i${index % instanceColours}`;

/** Answers a second, as an area. */
export function ratePanel(frame: PanelFrame, parts: readonly Bucket[]): Markup {
  const { y, grid } = valueAxis(frame, Math.max(...parts.map(({ perSecond }) => perSecond)));
  const upper = steps(frame, parts, ({ perSecond }) => y(perSecond));
  const lower = upper.map(({ x }) => ({ x, y: y(0) }));
  return html`${grid}<path class="rate" d="${areaPath(upper, lower)}"/>`;
}

/** A mark where requests failed or were cut. An empty strip is what one hopes for, so it says so. */
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

/** What one instance was doing when, under which release. */
export function lanePanel({ x, top, height }: PanelFrame, { spans }: InstanceTimeline): Markup {
  const shown = spans.map(({ fromMs, toMs, phase, release, generation }) => {
    const width = Math.max(1, x(toMs) - x(fromMs));
    const what = phase === 'down' ? '' : `${release}·${generation ?? '?'}`;
    const hasRoom = width > 7 * what.length + 8;
    const seconds = ((toMs - fromMs) / 1000).toFixed(1);
    const label =
      phase === 'ready' && hasRoom
        ? html`<text class="inlane" x="${x(fromMs) + width / 2}" y="${top + height / 2 + 4}">${what}</text>`
        : html``;
    return html`<rect class="phase ${phase}" x="${x(fromMs)}" y="${top}" width="${width}" height="${height}"><title>${phase} ${what} for ${seconds} s</title></rect>${label}`;
  });
  return html`${shown}`;
}

/** Requests in flight through each instance, one upon the other: who carries the load. */
export function inFlightPanel(frame: PanelFrame, parts: readonly Bucket[], instances: number): Markup {
  const totals = parts.map(({ local }) => local.reduce((sum, count) => sum + count, 0));
  const { y, grid } = valueAxis(frame, Math.max(...totals));
  const layers: Markup[] = [];
  let below = parts.map(() => 0);
  for (let index = 0; index < instances; index++) {
    const above = parts.map(({ local }, nth) => (below[nth] ?? 0) + (local[index] ?? 0));
    const upper = steps(frame, parts, (_, nth) => y(above[nth] ?? 0));
    const lower = steps(frame, parts, (_, nth) => y(below[nth] ?? 0));
    layers.push(html`<path class="layer ${instanceClass(index)}" d="${areaPath(upper, lower)}"/>`);
    below = above;
  }
  return html`${grid}${layers}`;
}

/** Each first decision: a ring at what the others counted, a dot at what the new instance believed. */
export function decisionPanel(frame: PanelFrame, decisions: readonly LabelledDecision[]): Markup {
  const most = Math.max(
    ...decisions.flatMap(({ believedTotal, othersTotal }) => [believedTotal, othersTotal]),
  );
  const { y, grid } = valueAxis(frame, most);
  const marks = decisions.map(({ atMs, who, isLoaded, believedTotal, othersTotal }) => {
    const x = frame.x(atMs);
    return html`<g class="${isLoaded ? 'loaded' : 'blind'}"><title>${who} believed ${believedTotal}, the others counted ${othersTotal}</title><line x1="${x}" y1="${y(believedTotal)}" x2="${x}" y2="${y(othersTotal)}"/><circle class="counted" cx="${x}" cy="${y(othersTotal)}" r="6"/><circle class="believed" cx="${x}" cy="${y(believedTotal)}" r="3.5"/></g>`;
  });
  return html`${grid}${marks}`;
}

/** How old each instance's view of the others was, at worst. */
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

/** Two points a bucket, so that the picture has its edges where the buckets have theirs. */
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
