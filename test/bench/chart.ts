import type { Summary } from './summary.ts';

const width = 760;
const rowHeight = 30;
const left = 190;
const right = 90;
const top = 56;

/** Processor time per request, the scheduler's and Envoy's, as bars. Readable on a light and a dark page. */
export function chart(summaries: readonly Summary[]): string {
  const totals = summaries.map((one) => one.envoyCpuUs.median + (one.schedulerCpuUs?.median ?? 0));
  const scale = (width - left - right) / Math.max(...totals);
  const rows = summaries.map((one, index) => {
    const y = top + index * rowHeight;
    const scheduler = one.schedulerCpuUs?.median ?? 0;
    const schedulerWidth = scheduler * scale;
    const envoyWidth = one.envoyCpuUs.median * scale;
    const label = `${scheduler === 0 ? '' : `${scheduler.toFixed(0)} + `}${one.envoyCpuUs.median.toFixed(0)} µs`;
    return [
      `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${one.setup}</text>`,
      `<rect x="${left}" y="${y}" width="${schedulerWidth.toFixed(1)}" height="20" fill="#d9622b"/>`,
      `<rect x="${(left + schedulerWidth).toFixed(1)}" y="${y}" width="${envoyWidth.toFixed(1)}" height="20" fill="#8aa4c8"/>`,
      `<text x="${(left + schedulerWidth + envoyWidth + 8).toFixed(1)}" y="${y + 15}">${label}</text>`,
    ].join('');
  });
  const height = top + summaries.length * rowHeight + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" fill="#777">
<text x="10" y="20" font-size="15">Processor time per request at saturation</text>
<rect x="10" y="32" width="12" height="12" fill="#d9622b"/><text x="28" y="43">scheduler</text>
<rect x="110" y="32" width="12" height="12" fill="#8aa4c8"/><text x="128" y="43">Envoy</text>
${rows.join('\n')}
</svg>
`;
}
