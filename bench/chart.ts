import { html, Markup } from '../tools/charts/markup.ts';
import { chartStyle } from '../tools/charts/pageStyle.ts';
import type { Summary } from './summary.ts';

const width = 860;
const rowHeight = 26;
const barHeight = 17;
const left = 250;
const right = 110;
const headHeight = 34;
const legendHeight = 36;
/** As most run it. */
const shipped = 'Baton builtin, etcd';

interface Bar {
  readonly name: string;
  /** Side by side. */
  readonly pieces: readonly { readonly value: number; readonly part: Part }[];
  readonly label: string;
}

/** What a piece of a bar is of: a class of the style sheet. */
type Part = 'scheduler' | 'envoy' | 'throughput';

const partStyle = `
svg .scheduler { fill: var(--i0); }
svg .envoy { fill: var(--i5); opacity: .6; }
svg .throughput { fill: var(--ready); }
`;

/** The most compared figures, as bars; Baton as most run it in bold. */
export function benchChart(summaries: readonly Summary[], rate: number): string {
  const panels: readonly [title: string, bars: readonly Bar[]][] = [
    [
      'Processor time per request at saturation, µs: less is better',
      summaries.map((one) => cpuBar(one.setup, one.schedulerCpuUs?.median, one.envoyCpuUs.median)),
    ],
    [
      `Processor time per request at ${rate.toLocaleString('en')} requests/s, µs`,
      summaries.map((one) => cpuBar(one.setup, one.pacedSchedulerCpuUs?.median, one.pacedEnvoyCpuUs.median)),
    ],
    ['Requests/s at saturation: more is better', summaries.map(throughputBar)],
  ];
  let top = legendHeight;
  const drawn = panels.map(([title, bars]) => {
    const markup = panel(title, bars, top);
    top += headHeight + bars.length * rowHeight + 14;
    return markup;
  });
  const style = new Markup(`<style>${chartStyle}${partStyle}</style>`);
  const legend = html`<rect class="scheduler" x="10" y="12" width="12" height="12"/><text x="28" y="23">the scheduler’s share</text><rect class="envoy" x="180" y="12" width="12" height="12"/><text x="198" y="23">Envoy’s share</text>`;
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" role="img" aria-label="Processor time per request, and throughput">${style}<rect class="paper" width="${width}" height="${top}"/>${legend}${drawn}</svg>`.text}\n`;
}

function cpuBar(name: string, schedulerUs: number | undefined, envoyUs: number): Bar {
  return {
    name,
    pieces: [
      { value: schedulerUs ?? 0, part: 'scheduler' },
      { value: envoyUs, part: 'envoy' },
    ],
    label: `${schedulerUs === undefined ? '' : `${schedulerUs.toFixed(0)} + `}${envoyUs.toFixed(0)}`,
  };
}

function throughputBar({ setup, perSecond: { median } }: Summary): Bar {
  const label = Math.round(median).toLocaleString('en');
  return { name: setup, pieces: [{ value: median, part: 'throughput' }], label };
}

function panel(title: string, bars: readonly Bar[], top: number): Markup {
  const totals = bars.map(({ pieces }) => pieces.reduce((sum, { value }) => sum + value, 0));
  const scale = (width - left - right) / Math.max(...totals);
  const rows = bars.map(({ name, pieces, label }, index) => {
    const y = top + headHeight + index * rowHeight;
    const textY = y + 13;
    const kind = name === shipped ? 'ours' : 'other';
    let x = left;
    const rectangles = pieces.map(({ value, part }) => {
      const from = x;
      x += value * scale;
      return html`<rect class="${part}" x="${from.toFixed(1)}" y="${y}" width="${(value * scale).toFixed(1)}" height="${barHeight}"/>`;
    });
    return html`<text class="name ${kind}" x="${left - 10}" y="${textY}">${name}</text>${rectangles}<text class="label ${kind}" x="${(x + 8).toFixed(1)}" y="${textY}">${label}</text>`;
  });
  return html`<text class="title" x="10" y="${top + 22}">${title}</text>${rows}`;
}
