import { formatElapsed, scale, timeTicks } from '../../charts/axes.ts';
import { html, type Markup } from '../../charts/markup.ts';
import type { PanelFrame } from '../../charts/valueAxis.ts';
import { buckets } from './buckets.ts';
import {
  decisionPanel,
  failurePanel,
  inFlightPanel,
  type LabelledDecision,
  lanePanel,
  ratePanel,
  viewAgePanel,
} from './panels.ts';
import type { RehearsalReport } from './report.ts';

/** The timeline as one SVG: the steps, then the panels, on one time axis. Pure. */
const width = 1120;
const left = 60;
const right = width - 12;
const titleHeight = 24;
const gap = 14;
const lane = { height: 22, gap: 4 };
const stepsHeight = 22;

interface Panel {
  readonly title: string;
  readonly height: number;
  readonly draw: (frame: PanelFrame) => Markup;
}

export function timelineChart(report: RehearsalReport): Markup {
  const { timeline, durationMs } = report;
  const parts = buckets(timeline);
  const { instances } = timeline;
  const lanesHeight = instances.length * (lane.height + lane.gap) - lane.gap;
  const panels: Panel[] = [
    { title: 'Responses per second', height: 80, draw: (frame) => ratePanel(frame, parts) },
    { title: 'Failed or cut requests', height: 20, draw: (frame) => failurePanel(frame, parts) },
    { title: 'Phase of each instance', height: lanesHeight, draw: (frame) => lanes(frame, report) },
    {
      title: 'Requests in flight, by the instance that scheduled them',
      height: 100,
      draw: (frame) => inFlightPanel(frame, parts, instances.length),
    },
    {
      title: 'First decision of each new instance: its view (dot), the count of the others (ring)',
      height: 80,
      draw: (frame) => decisionPanel(frame, decisionsOf(report)),
    },
    {
      title: 'Age of the shared view, ms: the time until a write is seen; more while etcd is unreachable',
      height: 60,
      draw: (frame) => viewAgePanel(frame, parts, instances.length),
    },
  ];

  const x = scale([0, durationMs], [left, right]);
  const drawn: Markup[] = [];
  let top = stepsHeight;
  for (const { title, height, draw } of panels) {
    const frame = { x, left, right, top: top + titleHeight, height };
    drawn.push(
      html`<text class="title" x="${left}" y="${top + titleHeight - 7}">${title}</text>${draw(frame)}`,
    );
    top += titleHeight + height + gap;
  }
  const ticks = timeTicks(durationMs, 12).map(
    (atMs) => html`<text class="tick" x="${x(atMs)}" y="${top + 8}">${formatElapsed(atMs)}</text>`,
  );
  return html`<svg viewBox="0 0 ${width} ${top + 16}" role="img" aria-label="Timeline of the rehearsal">${stepBands(report, x, top - gap)}${drawn}${ticks}</svg>`;
}

function stepBands({ steps }: RehearsalReport, x: PanelFrame['x'], bottom: number): Markup {
  const bands = steps.map(({ kind, nth, from, to, fromMs, toMs }) => {
    const bandWidth = Math.max(1, x(toMs) - x(fromMs));
    const long = `${kind} ${nth}: ${from} → ${to}`;
    const brief = `${kind === 'upgrade' ? '' : 'R'}${nth}`;
    const candidates = [long, `${kind} ${nth}`, brief];
    const label = candidates.find((text) => text.length * 6.6 + 6 < bandWidth) ?? '';
    return html`<g class="step ${kind}"><rect x="${x(fromMs)}" y="0" width="${bandWidth}" height="${bottom}"/><rect class="cap" x="${x(fromMs)}" y="0" width="${bandWidth}" height="${stepsHeight - 4}"/><text x="${x(fromMs) + bandWidth / 2}" y="13">${label}</text><title>${long}</title></g>`;
  });
  return html`${bands}`;
}

function lanes(frame: PanelFrame, { timeline }: RehearsalReport): Markup {
  const drawn = timeline.instances.map((instance, index) => {
    const top = frame.top + index * (lane.height + lane.gap);
    const name = html`<text class="value" x="${left - 8}" y="${top + lane.height / 2 + 4}">${instance.name}</text>`;
    return html`${name}${lanePanel({ ...frame, top, height: lane.height }, instance)}`;
  });
  return html`${drawn}`;
}

function decisionsOf({ steps }: RehearsalReport): LabelledDecision[] {
  return steps.flatMap(({ kind, nth, instances }) =>
    instances.flatMap(({ name, firstDecision }) =>
      firstDecision ? [{ ...firstDecision, who: `${name} of ${kind} ${nth}` }] : [],
    ),
  );
}
