import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CounterMetric, GaugeMetric, HistogramMetric, Label } from '../../src/telemetry/metric.ts';

/** Writes docs/metrics.md from the declarations in the `metrics.ts` of each folder. */

export type DeclaredMetric = CounterMetric | HistogramMetric | GaugeMetric<never>;

/** The folders in the order of the page, with the headings of their tables. */
const headings: ReadonlyMap<string, string> = new Map([
  ['extproc', 'Requests'],
  ['eds', 'Endpoint discovery'],
  ['pool', 'Endpoints'],
  ['signals', 'Failing pods'],
  ['prefixSharing', 'Where prompts went'],
  ['ledger', 'Load and its consistency'],
  ['etcd', 'etcd'],
  ['steering', 'Steering'],
  ['instance', 'The instance'],
  ['telemetry', 'The process'],
]);

const introduction = `<!-- Written by npm run generate from src/*/metrics.ts. Do not edit it here. -->

# Metrics

Each instance serves its metrics at \`/metrics\` of the admin port (\`admin.address\`, 127.0.0.1:9090 by default) in
Prometheus' text format, and sends the same metrics every 15 s to \`telemetry.otlpEndpoint\` where one is configured
(over OTLP the names of counters have no \`_total\`, and pools above 1,000 endpoints no \`baton_endpoint_*\`). With
\`server.workers\` above 1 each worker has an admin port of its own, one after the other. With several pools in one process
(\`pools\`), what belongs to one of them has the label \`pool\` as well.

Labels take their values from the lists below, from the configuration, or from the pool; never from a request.
Counters start at 0 for each listed value. A histogram has the series \`_bucket\`, \`_sum\` and \`_count\`.
`;

const root = join(import.meta.dirname, '../..');

/** All declarations by folder. */
export async function declaredMetrics(): Promise<ReadonlyMap<string, readonly DeclaredMetric[]>> {
  const files = globSync('src/**/metrics.ts', { cwd: root });
  const folders = await Promise.all(
    files.map(async (file) => [basename(dirname(file)), metricsIn(await import(join(root, file)))] as const),
  );
  return new Map(folders);
}

function metricsIn(exported: Readonly<Record<string, unknown>>): DeclaredMetric[] {
  return Object.values(exported)
    .flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []))
    .filter((value): value is DeclaredMetric => typeof value === 'object' && 'worry' in value);
}

export function metricsDoc(declared: ReadonlyMap<string, readonly DeclaredMetric[]>): string {
  const missing = [...declared.keys()].filter((folder) => !headings.has(folder));
  if (missing.length > 0) throw new Error(`no heading for the metrics of ${missing.join(', ')}`);
  const sections = [...headings].map(([folder, heading]) => {
    const metrics = declared.get(folder) ?? [];
    const rows = metrics.toSorted((a, b) => a.name.localeCompare(b.name)).map(row);
    return [
      `## ${heading}\n`,
      '| Metric | Type | Labels | Unit | What it means | When to worry |',
      '|---|---|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  });
  return [introduction, ...sections].join('\n');
}

/** As Prometheus has it. */
export function exportedName({ name, type }: DeclaredMetric): string {
  return type === 'counter' ? `${name}_total` : name;
}

function row(metric: DeclaredMetric): string {
  const unit = 'unit' in metric && metric.unit !== undefined ? metric.unit : '–';
  const labels = metric.labels.map(formatLabel).join('; ') || '–';
  const cells = [`\`${exportedName(metric)}\``, metric.type, labels, unit, `${metric.means}.`, metric.worry];
  return `| ${cells.join(' | ')} |`;
}

function formatLabel({ name, values, described }: Label): string {
  return `\`${name}\`: ${described ?? values.map((value) => `\`${value}\``).join(', ')}`;
}

if (import.meta.main) process.stdout.write(metricsDoc(await declaredMetrics()));
