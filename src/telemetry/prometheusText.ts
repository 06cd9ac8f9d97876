import type { SeriesMetric } from './metric.ts';

/** What is before the lines of one gauge in Prometheus' text format 0.0.4. */
export function seriesHead({ name, means }: Pick<SeriesMetric<never>, 'name' | 'means'>): string {
  return `# HELP ${name} ${escapeHelp(means)}\n# TYPE ${name} gauge\n`;
}

/**
 * The lines of one gauge, one by one: its items are read one at a time.
 *
 * @param fixed labels of each line
 */
export function* seriesLines<Item>(
  { name, labels, of }: SeriesMetric<Item>,
  items: Iterable<Item>,
  fixed: Readonly<Record<string, string>> = {},
): Iterable<string> {
  const [label] = labels;
  const others = labelText(fixed);
  const rest = others === '' ? '' : `,${others}`;
  for (const item of items) {
    const [value, labelValue] = of(item);
    yield `${name}{${label.name}="${escapeLabel(labelValue)}"${rest}} ${value}\n`;
  }
}

/** Labels as a line has them. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function escapeHelp(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replace(/"/g, '\\"');
}
