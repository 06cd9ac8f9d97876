import { formatElapsed, linePath, scale, timeTicks } from '../../tools/charts/axes.ts';
import { html, type Markup } from '../../tools/charts/markup.ts';
import { type PanelFrame, valueAxis } from '../../tools/charts/valueAxis.ts';
import { drawing, firstTop, left, right } from './drawing.ts';
import { mean, quantile } from './statistics.ts';
import type { UpgradeRun } from './upgrade.ts';

/** Balance before, during and after a rolling upgrade, one line per run, on one time axis. Pure. */
type Value = (fromMs: number, toMs: number) => number | undefined;

const balanceEveryMs = 1_000;
const waitEveryMs = 2_000;

export function upgradeChart(runs: readonly UpgradeRun[], title: string): string {
  const endMs = Math.max(...runs.map((run) => run.endMs));
  const x = scale([0, endMs], [left, right]);
  return drawing({
    title,
    series: runs.map(({ sharing }) =>
      sharing === 'on' ? 'the instances share their load' : 'nothing is shared',
    ),
    x,
    panels: [
      {
        title: 'In flight on the busiest pod, in % above the mean of all pods (mean of each second)',
        height: 120,
        draw: (frame) => lines(frame, runs, balanceEveryMs, balanceOf),
      },
      {
        title: 'Time in a pod’s queue, ms: the p95 of the requests of two seconds',
        height: 120,
        draw: (frame) => lines(frame, runs, waitEveryMs, waitOf),
      },
      {
        title: 'The upgrade of each run, and failed requests',
        height: 18 * runs.length,
        draw: (frame) => html`${runs.map((run, nth) => upgradeBar(frame, run, nth))}`,
      },
    ],
    foot: (top) => {
      const ticks = timeTicks(endMs, 12).map(
        (atMs) => html`<text class="tick" x="${x(atMs)}" y="${top}">${formatElapsed(atMs)}</text>`,
      );
      return html`${ticks}`;
    },
  });
}

/** All samples of one period. */
function within<T extends { readonly atMs: number }>(all: readonly T[], fromMs: number, toMs: number): T[] {
  return all.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}

function balanceOf({ samples }: UpgradeRun): Value {
  return (fromMs, toMs) => {
    const part = within(samples, fromMs, toMs);
    return part.length === 0 ? undefined : 100 * mean(part.map(({ maxOverMean }) => maxOverMean - 1));
  };
}

function waitOf({ answers }: UpgradeRun): Value {
  return (fromMs, toMs) => {
    const part = within(answers, fromMs, toMs);
    return part.length === 0
      ? undefined
      : quantile(
          part.map(({ queuedMs }) => queuedMs),
          0.95,
        );
  };
}

function lines(
  frame: PanelFrame,
  runs: readonly UpgradeRun[],
  everyMs: number,
  valueIn: (run: UpgradeRun) => Value,
): Markup {
  const series = runs.map((run) => {
    const value = valueIn(run);
    // A short last period would be noise.
    const count = Math.floor(run.endMs / everyMs);
    return Array.from({ length: count }, (_, nth) => value(nth * everyMs, (nth + 1) * everyMs));
  });
  const { y, grid } = valueAxis(frame, Math.max(...series.flat().map((value) => value ?? 0)));
  const drawn = series.map((values, nth) => {
    const points = values.map((value, index) =>
      value === undefined ? undefined : { x: frame.x((index + 0.5) * everyMs), y: y(value) },
    );
    return html`<path class="line i${nth}" d="${linePath(points)}"/>`;
  });
  return html`${grid}${drawn}`;
}

/** Two lines across the panels mark the start and the end. */
function upgradeBar({ x, top }: PanelFrame, { fromMs, toMs, failed }: UpgradeRun, nth: number): Markup {
  const y = top + nth * 18;
  const marks = [fromMs, toMs].map(
    (atMs) => html`<path class="line i${nth}" stroke-dasharray="2 4" d="M${x(atMs)} ${firstTop + 20}V${y}"/>`,
  );
  const words = `${((toMs - fromMs) / 1000).toFixed(0)} s, ${failed} failed`;
  return html`${marks}<rect class="i${nth}" x="${x(fromMs)}" y="${y}" width="${x(toMs) - x(fromMs)}" height="14"/><text class="tick start" x="${x(toMs) + 6}" y="${y + 11}">${words}</text>`;
}
