import { stringify } from 'yaml';

/**
 * Writes charts/baton/files/alerts.yaml, rules for Prometheus. docs/runbooks.md has a section for
 * each alert; tests hold the metrics' names against their declarations.
 */
export interface Alert {
  readonly name: string;
  /** PromQL. `$by` stands for the labels that tell one group of instances from another. */
  readonly expr: string;
  /** How long it has to hold. */
  readonly for: string;
  /** critical: requests fail or will soon; warning: look today; info: for the record. */
  readonly severity: 'critical' | 'warning' | 'info';
  /** One line, with Prometheus' templates. */
  readonly summary: string;
}

/** Instances of one scrape job in one namespace belong together. Absent labels are harmless. */
const groupLabels = 'job, namespace';

export const alerts: readonly Alert[] = [
  {
    name: 'BatonAbsent',
    expr: 'absent(baton_info)',
    for: '2m',
    severity: 'critical',
    summary: 'No instance of Baton is scraped',
  },
  {
    name: 'BatonNoneServing',
    expr: 'sum by ($by) (baton_phase{phase="ready"}) == 0',
    for: '1m',
    severity: 'critical',
    summary: 'No instance takes traffic: Envoy balances alone, or answers 503',
  },
  {
    name: 'BatonNoEndpoints',
    expr: 'baton_without_endpoints == 1',
    for: '1m',
    severity: 'critical',
    summary: '{{ $labels.instance }} has no ready pod and answers every request with 503',
  },
  {
    name: 'BatonRequestsRefused',
    expr:
      'sum by ($by) (rate(baton_decisions_total{outcome!="route"}[5m]))' +
      ' / sum by ($by) (rate(baton_decisions_total[5m])) > 0.05',
    for: '5m',
    severity: 'critical',
    summary: '{{ $value | humanizePercentage }} of the requests get no pod',
  },
  {
    name: 'BatonPoolPanic',
    expr: 'max by ($by) (baton_pool_panic) == 1',
    for: '2m',
    severity: 'critical',
    summary: 'Most pods fail their probes; some that fail them stay in use',
  },
  {
    name: 'BatonEndpointDown',
    expr: 'max by ($by, endpoint) (baton_endpoint_ready) == 0',
    for: '10m',
    severity: 'warning',
    summary: 'No instance may choose the pod {{ $labels.endpoint }}',
  },
  {
    name: 'BatonEndpointQuarantined',
    expr: 'max by ($by) (baton_endpoints_judged{health="quarantined"}) > 0',
    for: '5m',
    severity: 'warning',
    summary: '{{ $value }} pods fail requests while their probes pass',
  },
  {
    name: 'BatonLoadAssumed',
    expr: 'max by ($by) (baton_endpoints_counted{by="assumed"}) > 0',
    for: '10m',
    severity: 'warning',
    summary: 'The load of {{ $value }} pods is assumed: their metrics cannot be read',
  },
  {
    name: 'BatonPoolSourceFailing',
    expr: 'increase(baton_pool_reload_failures_total[5m]) > 0',
    for: '10m',
    severity: 'warning',
    summary: '{{ $labels.instance }} cannot read {{ $labels.source }}; it goes on with the last pods',
  },
  {
    name: 'BatonProbesNotMade',
    expr: 'increase(baton_probes_not_made_total[5m]) > 0',
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.instance }} cannot probe pods, for a reason of its own machine',
  },
  {
    name: 'BatonDegraded',
    expr: 'baton_degraded == 1',
    for: '2m',
    severity: 'warning',
    summary: '{{ $labels.instance }} serves without etcd, on the requests that it knows itself',
  },
  {
    name: 'BatonViewOld',
    expr: 'baton_view_age_seconds > 10',
    for: '2m',
    severity: 'warning',
    summary: '{{ $labels.instance }} last heard of the others {{ $value | humanizeDuration }} ago',
  },
  {
    name: 'BatonSyncSlow',
    expr: 'histogram_quantile(0.99, sum by ($by, le) (rate(baton_sync_lag_seconds_bucket[5m]))) > 0.5',
    for: '10m',
    severity: 'warning',
    summary: 'Counts reach the others late: p99 is {{ $value | humanizeDuration }}',
  },
  {
    name: 'BatonLeaseLost',
    expr: 'increase(baton_lease_regrants_total[15m]) > 1.5',
    for: '0m',
    severity: 'warning',
    summary: '{{ $labels.instance }} has lost its lease more than once in 15 minutes',
  },
  {
    name: 'BatonRecordsSkipped',
    expr: 'increase(baton_records_skipped_total[15m]) > 0',
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.instance }} does not use records of kind {{ $labels.kind }} in etcd',
  },
  {
    name: 'BatonCountsWrong',
    expr: 'increase(baton_consistency_differences_total[15m]) > 0',
    for: '0m',
    severity: 'warning',
    summary: '{{ $labels.instance }} has found and repaired wrong counts ({{ $labels.kind }}): a bug',
  },
  {
    name: 'BatonGenerationsDisagree',
    expr: 'max by ($by) (baton_generation_serving) != min by ($by) (baton_generation_serving)',
    for: '1m',
    severity: 'warning',
    summary: 'Instances disagree on which generation takes the traffic',
  },
  {
    name: 'BatonGenerationPinned',
    expr: 'max by ($by) (baton_generation_pinned) >= 0',
    for: '1d',
    severity: 'info',
    summary: 'Generation {{ $value }} is pinned: new releases take no traffic',
  },
  {
    name: 'BatonStuckStarting',
    expr: 'baton_phase{phase="starting"} == 1',
    for: '2m',
    severity: 'warning',
    summary: '{{ $labels.instance }} does not become ready',
  },
  {
    name: 'BatonDrainTooShort',
    // The instance itself ends too soon to be scraped; its peers know what it has handed off.
    expr: 'max by ($by) (baton_handoff_in_flight) > 0',
    for: '0m',
    severity: 'info',
    summary: 'An instance has stopped before {{ $value }} of its requests had ended',
  },
  {
    name: 'BatonDecisionsSlow',
    expr: 'histogram_quantile(0.99, sum by ($by, le) (rate(baton_decision_duration_seconds_bucket[5m]))) > 0.005',
    for: '10m',
    severity: 'warning',
    summary: 'Decisions take long: p99 is {{ $value | humanizeDuration }}',
  },
  {
    name: 'BatonOverloaded',
    expr: 'sum by ($by, instance) (increase(baton_decisions_total{outcome="overloaded"}[5m])) > 0',
    for: '0m',
    severity: 'warning',
    summary: '{{ $labels.instance }} has as many requests in flight as limits.maxStreams allows',
  },
  {
    name: 'BatonConnectionsLimited',
    expr: 'increase(baton_connections_limited_total[5m]) > 0',
    for: '10m',
    severity: 'warning',
    summary: '{{ $labels.instance }} closes connections by the limit {{ $labels.limit }}',
  },
  {
    name: 'BatonBodiesNotSent',
    expr:
      'sum by ($by) (rate(baton_request_bodies_total{outcome="missing"}[5m]))' +
      ' / sum by ($by) (rate(baton_request_bodies_total[5m])) > 0.5',
    for: '10m',
    severity: 'warning',
    summary: 'Envoy does not send the bodies that Baton asks for',
  },
  {
    name: 'BatonEndpointsRefused',
    expr: 'increase(baton_eds_responses_total{outcome="refused"}[10m]) > 0',
    for: '0m',
    severity: 'warning',
    summary: "An Envoy refuses {{ $labels.instance }}'s list of pods and goes on with its last one",
  },
  {
    name: 'BatonExtensionFails',
    expr: 'increase(baton_extension_errors_total[15m]) > 0',
    for: '0m',
    severity: 'warning',
    summary: 'The extension {{ $labels.name }} fails on {{ $labels.instance }}',
  },
  {
    name: 'BatonUnexpectedErrors',
    expr: 'increase(baton_unexpected_errors_total[15m]) > 0',
    for: '0m',
    severity: 'warning',
    summary: '{{ $labels.instance }} meets errors that only a bug can cause',
  },
  {
    name: 'BatonLogIncomplete',
    expr: 'increase(baton_log_lines_dropped_total[15m]) > 0',
    for: '0m',
    severity: 'info',
    summary: '{{ $labels.instance }} cannot write its log',
  },
];

export function alertsYaml(): string {
  const rules = alerts.map(({ name, expr, for: duration, severity, summary }) => ({
    alert: name,
    expr: expr.replaceAll('$by', groupLabels),
    ...(duration !== '0m' && { for: duration }),
    labels: { severity },
    annotations: { summary, runbook: `docs/runbooks.md#${name.toLowerCase()}` },
  }));
  const head = '# Written by npm run generate from scripts/monitoring/alerts.ts. Do not edit it here.\n';
  return head + stringify({ groups: [{ name: 'baton', rules }] }, { lineWidth: 0 });
}

if (import.meta.main) process.stdout.write(alertsYaml());
