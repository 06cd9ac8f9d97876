/** Reads numbers from Prometheus' text format. Pure. */

/** The sum of all series of this name with the given labels, such as `le="0.05"`. */
export function total(text: string, name: string, ...labels: readonly string[]): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const rest = line.slice(name.length);
    const [, within = '', value] = /^(?:\{(.*)\})? (\S+)/.exec(rest) ?? [];
    if (value !== undefined && labels.every((label) => within.includes(label))) sum += Number(value);
  }
  return sum;
}
