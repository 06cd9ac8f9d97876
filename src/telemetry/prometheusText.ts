import type { SeriesMetric } from './metric.ts';

/** Prometheus' text format 0.0.4 of one gauge, line by line: its items are read one at a time. */
export function* seriesLines<Item>(metric: SeriesMetric<Item>, items: Iterable<Item>): Iterable<string> {
  const { name, means, labels, of } = metric;
  yield `# HELP ${name} ${escapeHelp(means)}\n# TYPE ${name} gauge\n`;
  const [label] = labels;
  for (const item of items) {
    const [value, labelValue] = of(item);
    yield `${name}{${label.name}="${escapeLabel(labelValue)}"} ${value}\n`;
  }
}

function escapeHelp(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replace(/"/g, '\\"');
}
