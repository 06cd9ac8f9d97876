import type { Summary } from './summary.ts';

const width = 780;
const rowHeight = 26;
const barHeight = 17;
const left = 160;
const right = 110;
const headHeight = 34;
const schedulerColor = '#d9622b';
const envoyColor = '#8aa4c8';
const throughputColor = '#5f9e6e';

interface Bar {
  readonly name: string;
  /** Side by side. */
  readonly pieces: readonly { readonly value: number; readonly color: string }[];
  readonly label: string;
}

/** The most compared figures, as bars. Readable on a light and on a dark page. */
export function benchChart(summaries: readonly Summary[], rate: number): string {
  const panels: readonly [title: string, bars: readonly Bar[]][] = [
    [
      'Processor time per request at saturation, µs',
      summaries.map((one) => cpuBar(one.setup, one.schedulerCpuUs?.median, one.envoyCpuUs.median)),
    ],
    [
      `Processor time per request at ${rate} requests/s, µs`,
      summaries.map((one) => cpuBar(one.setup, one.pacedSchedulerCpuUs?.median, one.pacedEnvoyCpuUs.median)),
    ],
    ['Requests/s at saturation', summaries.map(throughputBar)],
  ];
  let top = 36;
  const drawn = panels.map(([title, bars]) => {
    const text = panel(title, bars, top);
    top += headHeight + bars.length * rowHeight + 14;
    return text;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" font-family="sans-serif" font-size="13" fill="#777">
<rect x="10" y="10" width="12" height="12" fill="${schedulerColor}"/><text x="28" y="21">scheduler</text>
<rect x="110" y="10" width="12" height="12" fill="${envoyColor}"/><text x="128" y="21">Envoy</text>
${drawn.join('\n')}
</svg>
`;
}

function cpuBar(name: string, schedulerUs: number | undefined, envoyUs: number): Bar {
  return {
    name,
    pieces: [
      { value: schedulerUs ?? 0, color: schedulerColor },
      { value: envoyUs, color: envoyColor },
    ],
    label: `${schedulerUs === undefined ? '' : `${schedulerUs.toFixed(0)} + `}${envoyUs.toFixed(0)}`,
  };
}

function throughputBar({ setup, perSecond: { median } }: Summary): Bar {
  return { name: setup, pieces: [{ value: median, color: throughputColor }], label: median.toFixed(0) };
}

function panel(title: string, bars: readonly Bar[], top: number): string {
  const totals = bars.map(({ pieces }) => pieces.reduce((sum, { value }) => sum + value, 0));
  const scale = (width - left - right) / Math.max(...totals);
  const rows = bars.map(({ name, pieces, label }, index) => {
    const y = top + headHeight + index * rowHeight;
    let x = left;
    const rects = pieces.map(({ value, color }) => {
      const rect = `<rect x="${x.toFixed(1)}" y="${y}" width="${(value * scale).toFixed(1)}" height="${barHeight}" fill="${color}"/>`;
      x += value * scale;
      return rect;
    });
    const textY = y + 13;
    return `<text x="${left - 10}" y="${textY}" text-anchor="end">${name}</text>${rects.join('')}<text x="${(x + 8).toFixed(1)}" y="${textY}">${label}</text>`;
  });
  return [`<text x="10" y="${top + 20}" font-size="15">${title}</text>`, ...rows].join('\n');
}
