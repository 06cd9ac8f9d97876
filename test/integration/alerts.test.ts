import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { alerts } from '../../scripts/monitoring/alerts.ts';
import { rows } from '../../scripts/monitoring/panels.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { exportedMetrics } from '../support/exportedMetrics.ts';
import { foreignTool } from '../support/foreignTool.ts';

/**
 * charts/baton/files/alerts.yaml in Prometheus' own promtool: each alert fires in its situation, by
 * itself, and none in what happens every day.
 */
const promtool = foreignTool('promtool', 'scripts/install-chart-tools.sh');
const rules = join(checkoutDir, 'charts/baton/files/alerts.yaml');

/** Series by name and labels without those of a scrape, in promtool's notation for each minute. */
type Series = Readonly<Record<string, string>>;

/** An instance that is well. */
const well: Series = {
  baton_info: '1x1600',
  'baton_phase{phase="ready"}': '1x1600',
  'baton_phase{phase="starting"}': '0x1600',
  baton_without_endpoints: '0x1600',
  baton_pool_panic: '0x1600',
  baton_degraded: '0x1600',
  baton_view_age_seconds: '0.5x1600',
  'baton_endpoint_ready{endpoint="10.0.0.1:8000"}': '1x1600',
  'baton_endpoints_judged{health="quarantined"}': '0x1600',
  'baton_decisions_total{policy="least-request",outcome="route"}': '0+6000x1600',
  'baton_decisions_total{policy="least-request",outcome="no-ready-endpoint"}': '0x1600',
  'baton_decisions_total{policy="unknown",outcome="overloaded"}': '0x1600',
  'baton_unexpected_errors_total{where="call"}': '0x1600',
  baton_lease_regrants_total: '0x1600',
  baton_generation_serving: '7x1600',
};

interface Situation {
  readonly alert: string;
  /** What differs from an instance that is well. */
  readonly series: Series;
  /** When it has to fire. */
  readonly minute?: number;
}

const situations: readonly Situation[] = [
  { alert: 'BatonAbsent', series: { baton_info: '_x1600' } },
  { alert: 'BatonNoneServing', series: { 'baton_phase{phase="ready"}': '1x5 0x20' }, minute: 8 },
  { alert: 'BatonNoEndpoints', series: { baton_without_endpoints: '0x5 1x20' }, minute: 8 },
  {
    alert: 'BatonRequestsRefused',
    series: { 'baton_decisions_total{policy="least-request",outcome="no-ready-endpoint"}': '0+600x1600' },
  },
  { alert: 'BatonPoolPanic', series: { baton_pool_panic: '1x1600' } },
  {
    alert: 'BatonEndpointDown',
    series: { 'baton_endpoint_ready{endpoint="10.0.0.1:8000"}': '0x1600' },
  },
  {
    alert: 'BatonEndpointQuarantined',
    series: { 'baton_endpoints_judged{health="quarantined"}': '2x1600' },
  },
  {
    alert: 'BatonPoolSourceFailing',
    series: { 'baton_pool_reload_failures_total{source="kubernetes"}': '0+2x1600' },
  },
  { alert: 'BatonLoadAssumed', series: { 'baton_endpoints_counted{by="assumed"}': '3x1600' } },
  { alert: 'BatonProbesNotMade', series: { baton_probes_not_made_total: '0+10x1600' } },
  { alert: 'BatonDegraded', series: { baton_degraded: '1x1600' } },
  { alert: 'BatonViewOld', series: { baton_view_age_seconds: '0+60x1600' } },
  {
    alert: 'BatonSyncSlow',
    series: {
      'baton_sync_lag_seconds_bucket{le="0.5"}': '0+90x1600',
      'baton_sync_lag_seconds_bucket{le="1"}': '0+100x1600',
      'baton_sync_lag_seconds_bucket{le="+Inf"}': '0+100x1600',
    },
  },
  { alert: 'BatonLeaseLost', series: { baton_lease_regrants_total: '0x10 1 2 3 3x40' }, minute: 15 },
  { alert: 'BatonRecordsSkipped', series: { 'baton_records_skipped_total{kind="endpoint"}': '0+1x1600' } },
  {
    alert: 'BatonCountsWrong',
    series: { 'baton_consistency_differences_total{kind="view"}': '0x10 1x40' },
    minute: 12,
  },
  {
    alert: 'BatonGenerationsDisagree',
    series: { 'baton_generation_serving{instance="b:9090"}': '6x1600' },
  },
  { alert: 'BatonGenerationPinned', series: { baton_generation_pinned: '6x2000' }, minute: 1500 },
  { alert: 'BatonStuckStarting', series: { 'baton_phase{phase="starting"}': '1x1600' } },
  {
    alert: 'BatonDrainTooShort',
    series: { baton_handoff_in_flight: '0x5 4 2 0x20' },
    minute: 6,
  },
  {
    alert: 'BatonDecisionsSlow',
    series: {
      'baton_decision_duration_seconds_bucket{le="0.005"}': '0+90x1600',
      'baton_decision_duration_seconds_bucket{le="0.01"}': '0+100x1600',
      'baton_decision_duration_seconds_bucket{le="+Inf"}': '0+100x1600',
    },
  },
  {
    alert: 'BatonOverloaded',
    series: { 'baton_decisions_total{policy="unknown",outcome="overloaded"}': '0x10 20x40' },
    minute: 12,
  },
  {
    alert: 'BatonConnectionsLimited',
    series: { 'baton_connections_limited_total{limit="rate"}': '0+1x1600' },
  },
  {
    alert: 'BatonBodiesNotSent',
    series: {
      'baton_request_bodies_total{outcome="missing"}': '0+100x1600',
      'baton_request_bodies_total{outcome="whole"}': '0+1x1600',
    },
  },
  {
    alert: 'BatonEndpointsRefused',
    series: { 'baton_eds_responses_total{outcome="refused"}': '0x10 1x40' },
    minute: 12,
  },
  { alert: 'BatonExtensionFails', series: { 'baton_extension_errors_total{name="acme"}': '0+1x1600' } },
  {
    alert: 'BatonUnexpectedErrors',
    series: { 'baton_unexpected_errors_total{where="call"}': '0x10 1x40' },
    minute: 12,
  },
  { alert: 'BatonLogIncomplete', series: { baton_log_lines_dropped_total: '0+50x1600' } },
];

/** What happens every day, for instances a and b. */
const everyDay: readonly (readonly [string, Series])[] = [
  ['all is well', {}],
  [
    'a rolling upgrade: b starts, is ready, a drains and goes, its requests live on',
    {
      'baton_phase{phase="ready"}': '1x5 0x3 _x50',
      'baton_phase{phase="draining"}': '0x5 1x3 _x50',
      'baton_phase{phase="starting",instance="b:9090"}': '_x3 1 0x50',
      'baton_phase{phase="ready",instance="b:9090"}': '_x3 0 1x50',
      'baton_drain_streams{state="open"}': '_x5 40 12 0 _x50',
      'baton_handoff_in_flight{instance="b:9090"}': '_x3 0x50',
      baton_lease_regrants_total: '0x8 _x50',
      'baton_generation_serving{instance="b:9090"}': '_x3 7x50',
    },
  ],
  [
    'a rollback',
    {
      baton_generation_serving: '8x5 7x1600',
      'baton_generation_serving{instance="b:9090"}': '8x5 7x1600',
      baton_generation_pinned: '_x5 7x1600',
    },
  ],
  ['a pod that restarts', { 'baton_endpoint_ready{endpoint="10.0.0.1:8000"}': '1x5 0x5 1x1600' }],
  ['etcd that restarts', { baton_degraded: '0x5 1x1 0x1600', baton_lease_regrants_total: '0x6 1x1600' }],
  ['a scrape that fails', { baton_info: '1x5 _ 1x1600' }],
  [
    'a few requests for a model that does not exist',
    { 'baton_decisions_total{policy="unknown",outcome="unknown-model"}': '0+60x1600' },
  ],
];

/** With the labels of a scrape where it has none of its own. */
function inputSeries(series: Series): object[] {
  return Object.entries({ ...well, ...series }).map(([key, values]) => {
    const [, name = '', own = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(key) ?? [];
    const labels = [own, own.includes('instance=') ? '' : 'instance="a:9090"', 'job="baton"'];
    return { series: `${name}{${labels.filter(Boolean).join(',')}}`, values };
  });
}

/** At each minute these alerts fire, and no others. */
function unitTest(name: string, series: Series, firing: ReadonlyMap<number, readonly string[]>): object {
  return {
    name,
    interval: '1m',
    input_series: inputSeries(series),
    promql_expr_test: [...firing].map(([minute, names]) => ({
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: `${minute}m`,
      exp_samples: names.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
    })),
  };
}

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

function run(args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const tool = execFile(promtool.path, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr });
    });
    tool.stdin?.end(input);
  });
}

it('has a situation for every alert', () => {
  expect(situations.map(({ alert }) => alert).sort()).toEqual(alerts.map(({ name }) => name).sort());
});

it('has a fault for every alert that was staged and made it fire', async () => {
  const page = await readFile(join(checkoutDir, 'docs/monitoring.md'), 'utf8');
  const rowsOfAlerts = [...page.matchAll(/^\| \[(Baton\w+)\]\(.*\| yes, after \d+ \| silent \|$/gm)];
  expect(rowsOfAlerts.map(([, name]) => name)).toEqual(alerts.map(({ name }) => name));
});

promtool.describe(`the alerts, in ${promtool.title}`, () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'baton-alerts-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function runTests(tests: readonly object[]) {
    const file = join(dir, 'tests.yaml');
    await writeFile(file, stringify({ rule_files: [rules], evaluation_interval: '1m', tests }));
    return run(['test', 'rules', file]);
  }

  it('are rules that Prometheus accepts', async () => {
    const { exitCode, output } = await run(['check', 'rules', rules]);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).toContain(`${alerts.length} rules found`);
  });

  it('stand beside a dashboard whose queries Prometheus can parse', async () => {
    const queries = rows.flatMap(({ panels }) => panels.flatMap(({ queries: ofPanel }) => ofPanel));
    const recorded = queries.map(({ expr }, nth) => ({
      record: `panel:${nth}`,
      expr: expr.replaceAll('$selected', 'job="baton"').replaceAll('$__rate_interval', '1m'),
    }));
    const file = join(dir, 'panels.yaml');
    await writeFile(file, stringify({ groups: [{ name: 'panels', rules: recorded }] }));
    expect(await run(['check', 'rules', file])).toMatchObject({ exitCode: 0 });
  });

  it('are about metrics that keep to the conventions of Prometheus', async () => {
    const { output } = await run(['check', 'metrics'], await exportedMetrics());
    expect(output.split('\n').filter((line) => line !== '')).toEqual([]);
  });

  it('fire each in its situation, alone, and not before it', async () => {
    const tests = situations.map(({ alert, series, minute = 30 }) =>
      unitTest(
        alert,
        series,
        new Map([
          [0, []],
          [minute, [alert]],
        ]),
      ),
    );
    expect(await runTests(tests)).toMatchObject({ exitCode: 0 });
  });

  it('are silent in what happens every day', async () => {
    const everyMinute = new Map(Array.from({ length: 40 }, (_, minute) => [minute, []]));
    const tests = everyDay.map(([name, series]) => unitTest(name, series, everyMinute));
    expect(await runTests(tests)).toMatchObject({ exitCode: 0 });
  });

  it('would be found where one fires in vain', async () => {
    const down = { baton_degraded: '1x60' };
    const { exitCode, output } = await runTests([unitTest('wrong', down, new Map([[10, []]]))]);
    expect(exitCode).not.toBe(0);
    expect(output).toContain('BatonDegraded');
  });
});
