import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeclaredMetric, declaredMetrics, exportedName } from '../../../scripts/metrics/metricsDoc.ts';
import { alerts, alertsYaml } from '../../../scripts/monitoring/alerts.ts';
import { dashboard } from '../../../scripts/monitoring/dashboard.ts';
import { rows } from '../../../scripts/monitoring/panels.ts';
import { checkoutDir } from '../../../tools/testbed/tools.ts';

/** Alerts and dashboard use what instances export, and each alert has a section in the runbooks. */
const read = (path: string): string => readFileSync(join(checkoutDir, path), 'utf8');

const series = new Map<string, DeclaredMetric>();
for (const metric of [...(await declaredMetrics()).values()].flat()) {
  const name = exportedName(metric);
  const suffixes = metric.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  for (const suffix of suffixes) series.set(name + suffix, metric);
}

/** What is wrong with the names of metrics, labels and values in a query. */
function problemsOf(expr: string): string[] {
  const problems: string[] = [];
  for (const [, name = '', selector = ''] of expr.matchAll(/\b(baton_\w+)(?:\{([^}]*)\})?/g)) {
    const metric = series.get(name);
    if (metric === undefined) problems.push(`no metric ${name}`);
    for (const [, label = '', value = ''] of selector.matchAll(/(\w+)!?=~?"([^"]*)"/g)) {
      if (label === 'job' || label === 'instance') continue;
      const declared = metric?.labels.find((one) => one.name === label);
      if (declared === undefined) problems.push(`${name} has no label ${label}`);
      else if (declared.values.length > 0 && !declared.values.includes(value))
        problems.push(`${name} has no ${label} ${value}`);
    }
  }
  return problems;
}

describe('an alert', () => {
  it.each(alerts.map(({ name, expr }) => [name, expr]))('uses declared metrics: %s', (_, expr) => {
    expect(problemsOf(expr as string)).toEqual([]);
  });

  it('has a section in the runbooks that says how urgent it is and what to do', () => {
    const sections = read('docs/runbooks.md').split(/^## /m).slice(1);
    const found = sections.map((section) => {
      const [, name, severity] = /^(\w+)\n\n\*(\w+)\.\* /.exec(section) ?? [];
      return { name, severity };
    });
    expect(found).toEqual(expect.arrayContaining(alerts.map(({ name, severity }) => ({ name, severity }))));
    expect(found).toHaveLength(alerts.length);
  });
});

describe('the dashboard', () => {
  const queries = rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries: ofPanel }) => ofPanel.map(({ expr }) => [title, expr] as const)),
  );

  it.each(queries)('uses declared metrics: %s', (_, expr) => {
    expect(problemsOf(expr)).toEqual([]);
  });

  it('selects the instances in every query', () => {
    for (const [title, expr] of queries) expect([title, expr.includes('$selected')]).toEqual([title, true]);
  });
});

describe('the checks themselves', () => {
  it.each([
    ['a metric', 'rate(baton_decision_total[5m])', ['no metric baton_decision_total']],
    ['a label', 'baton_phase{state="ready"}', ['baton_phase has no label state']],
    ['a value', 'baton_phase{phase="done"}', ['baton_phase has no phase done']],
    ['a part of a histogram', 'baton_sync_lag_seconds', ['no metric baton_sync_lag_seconds']],
  ])('find %s that does not exist', (_, expr, problems) => {
    expect(problemsOf(expr)).toEqual(problems);
  });
});

describe('the generated files', () => {
  it('are current (npm run generate)', () => {
    expect(read('charts/baton/files/alerts.yaml')).toBe(alertsYaml());
    expect(JSON.parse(read('charts/baton/files/dashboard.json'))).toEqual(dashboard());
  });
});
