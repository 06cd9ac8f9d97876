import { type DashboardPanel, rows } from './panels.ts';

/**
 * Writes charts/baton/files/dashboard.json for Grafana, from the table in panels.ts: rows of panels
 * as wide as they are many, each with a query or several.
 */
const columns = 24;
const panelHeight = { stat: 4, timeseries: 8 } as const;
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
const datasource = { type: 'prometheus', uid: '${datasource}' };
/** Of the variables at the top of the page. */
const selected = 'job=~"$job", instance=~"$instance"';

export function dashboard(): object {
  let top = 0;
  let id = 0;
  const panels = rows.flatMap(({ title, panels: ofRow }) => {
    id += 1;
    const heading = { type: 'row', id, title, collapsed: false, gridPos: { x: 0, y: top, w: columns, h: 1 } };
    top += 1;
    const width = Math.floor(columns / ofRow.length);
    const height = Math.max(...ofRow.map(({ kind }) => panelHeight[kind]));
    const made = ofRow.map((panel, nth) => {
      id += 1;
      return panelOf(panel, id, { x: nth * width, y: top, w: width, h: height });
    });
    top += height;
    return [heading, ...made];
  });
  return {
    uid: 'baton',
    title: 'Baton',
    description: 'Written by npm run generate from scripts/monitoring/panels.ts.',
    tags: ['baton', 'envoy', 'llm'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: variables() },
    annotations: { list: [changesOfPhase()] },
    panels,
  };
}

function panelOf(
  { title, description, kind, unit, queries, stacked, thresholds }: DashboardPanel,
  id: number,
  gridPos: object,
) {
  const steps = [
    { color: 'green', value: null },
    ...(thresholds ?? []).map(([value, color]) => ({ value, color })),
  ];
  const custom = {
    lineWidth: 1,
    fillOpacity: stacked ? 40 : 10,
    showPoints: 'never',
    stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
  };
  return {
    type: kind,
    id,
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        color: { mode: kind === 'stat' ? 'thresholds' : 'palette-classic' },
        thresholds: { mode: 'absolute', steps },
        ...(kind === 'timeseries' && { custom }),
      },
      overrides: [],
    },
    options:
      kind === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'background' }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(({ expr, legend }, nth) => ({
      refId: String.fromCharCode(65 + nth),
      expr: expr.replaceAll('$selected', selected),
      legendFormat: legend,
      datasource,
      ...(kind === 'stat' && { instant: true }),
    })),
  };
}

function variables(): object[] {
  const ofLabel = (name: string, query: string) => ({
    name,
    type: 'query',
    datasource,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    includeAll: true,
    multi: true,
    current: { text: ['All'], value: ['$__all'] },
    sort: 1,
  });
  return [
    { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' },
    ofLabel('job', 'label_values(baton_info, job)'),
    ofLabel('instance', 'label_values(baton_info{job=~"$job"}, instance)'),
  ];
}

/** Vertical lines where an instance begins to drain: upgrades. */
function changesOfPhase(): object {
  return {
    name: 'Drains',
    datasource,
    enable: true,
    iconColor: 'orange',
    expr: `baton_phase{phase="draining", ${selected}} == 1`,
    titleFormat: '{{instance}} drains',
    step: '10s',
  };
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(dashboard(), null, 2)}\n`);
