import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The style sheets of reports and charts: those of the dashboard, and what these have beside it.
 * Light, or dark where the viewer prefers it. A report has them within itself and fetches nothing.
 */
const dashboard = join(import.meta.dirname, '../../src/admin/dashboard/page');
const sheet = (name: string): string => readFileSync(join(dashboard, name), 'utf8');

/** The shapes of a chart, for the colours of the palette. */
const shapes = `
svg { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg .title { font-size: 13px; font-weight: 600; }
svg .headline { font-size: 15px; font-weight: 600; }
svg .value, svg .tick { fill: var(--faint); }
svg .value { text-anchor: end; }
svg .tick, svg .step text, svg .inlane { text-anchor: middle; }
svg .tick.start { text-anchor: start; }
svg .paper { fill: var(--paper); }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .rate { fill: var(--i0); opacity: .75; }
svg .strip { fill: var(--good-soft); }
svg .good { fill: var(--good); font-weight: 600; }
svg .bad { fill: var(--bad); }
svg .step rect { fill: color-mix(in srgb, var(--ink) 5%, var(--paper)); }
svg .step .cap { fill: color-mix(in srgb, var(--ink) 16%, var(--paper)); }
svg .step.rollback rect { fill: color-mix(in srgb, var(--draining) 14%, var(--paper)); }
svg .step.rollback .cap { fill: color-mix(in srgb, var(--draining) 40%, var(--paper)); }
svg .phase { fill: var(--mark); }
svg .stopped { fill: var(--stopped); }
svg .line { fill: none; stroke-width: 1.5; }
svg .label { paint-order: stroke; stroke: var(--paper); stroke-width: 3; }
svg .name { text-anchor: end; }
svg .name.ours, svg .label.ours { font-weight: 600; }
svg .bar { fill: var(--i5); opacity: .6; }
svg .bar.ours { fill: var(--i0); opacity: 1; }
svg .bar.bound { fill: var(--ready); opacity: 1; }
svg .baseline { stroke: var(--faint); stroke-width: 1.5; }
svg .inbar { text-anchor: middle; fill: var(--paper); font-weight: 600; }
svg .whisker { stroke: var(--ink); }
svg .loaded { stroke: var(--good); }
svg .empty { stroke: var(--bad); stroke-width: 2; }
svg .counted { fill: none; stroke: var(--faint); stroke-width: 1.5; }
svg .loaded .believed { fill: var(--good); stroke: none; }
svg .empty .believed { fill: var(--bad); stroke: none; }
${[0, 1, 2, 3, 4, 5]
  .map(
    (nth) =>
      `svg .i${nth} { fill: var(--i${nth}); } svg .line.i${nth} { fill: none; stroke: var(--i${nth}); }`,
  )
  .join('\n')}
`;

/** A page of its own: tables of figures, and one chart as wide as the page. */
const report = `
main { max-width: 1200px; padding-top: 24px; padding-bottom: 48px; }
p { margin: 6px 0; }
.tiles { grid-template-columns: repeat(auto-fit, minmax(min(230px, 46%), 1fr)); }
.sheet { overflow-x: auto; }
.legend { margin: 0 0 10px; }
.figures th, .figures td { text-align: right; padding: 4px 10px; white-space: nowrap; }
.figures th:first-child, .figures td:first-child, .figures .text { text-align: left; }
.figures td.bad { color: var(--bad); font-weight: 600; }
.figures tr.first td { border-top: 1px solid var(--faint); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 0; }
dt { color: var(--faint); }
dd { margin: 0; }
code { font: 13px/1.5 ui-monospace, monospace; }
svg { display: block; width: 100%; min-width: 720px; height: auto; }
@media print { .sheet { overflow: visible; } }
`;

/** Of a chart that is a file: it has paper of its own, so that it can be read on any page. */
export const chartStyle = [sheet('colours.css'), shapes].join('\n');

export const pageStyle = [
  ...['colours.css', 'style.css', 'tables.css', 'bars.css', 'sizes.css'].map(sheet),
  shapes,
  report,
].join('\n');
