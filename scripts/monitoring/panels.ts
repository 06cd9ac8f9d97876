/** What the dashboard shows, from "is everything well" to "why". */
export interface PanelRow {
  readonly title: string;
  readonly panels: readonly DashboardPanel[];
}

export interface DashboardPanel {
  readonly title: string;
  /** One sentence: what it shows, or what is wrong when it moves. */
  readonly description: string;
  readonly kind: 'stat' | 'timeseries';
  /** As Grafana names it. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Areas on top of each other, whose sum means something. */
  readonly stacked?: true;
  /** From these values on another colour; below the first one green. */
  readonly thresholds?: readonly (readonly [value: number, colour: string])[];
}

interface Query {
  /** PromQL. `$selected` stands for the instances that are selected. */
  readonly expr: string;
  readonly legend: string;
}

const bad = [[1, 'red']] as const;
const suspect = [[1, 'orange']] as const;

const stat = (
  title: string,
  description: string,
  expr: string,
  thresholds: DashboardPanel['thresholds'],
): DashboardPanel => ({
  title,
  description,
  kind: 'stat',
  unit: 'short',
  queries: [{ expr, legend: '' }],
  ...(thresholds && { thresholds }),
});

const graph = (
  title: string,
  description: string,
  unit: string,
  ...queries: readonly (readonly [expr: string, legend: string])[]
): DashboardPanel => ({
  title,
  description,
  kind: 'timeseries',
  unit,
  queries: queries.map(([expr, legend]) => ({ expr, legend })),
});

const stacked = (panel: DashboardPanel): DashboardPanel => ({ ...panel, stacked: true });

const quantile = (share: number, name: string): string =>
  `histogram_quantile(${share}, sum by (le) (rate(${name}_bucket{$selected}[$__rate_interval])))`;

export const rows: readonly PanelRow[] = [
  {
    title: 'Is everything well?',
    panels: [
      stat(
        'Instances that serve',
        'Instances in phase ready.',
        'sum(baton_phase{phase="ready", $selected})',
        [
          [0, 'red'],
          [1, 'green'],
        ],
      ),
      stat(
        'Pods ready',
        'As the instance sees it that sees the fewest.',
        'min(baton_endpoints{state="ready", $selected})',
        [
          [0, 'red'],
          [1, 'green'],
        ],
      ),
      stat(
        'Pods not ready',
        'Pods that fail their probes.',
        'max(baton_endpoints{state="unready", $selected})',
        suspect,
      ),
      stat(
        'In quarantine',
        'Pods that fail requests while their probes pass.',
        'max(baton_endpoints_judged{health="quarantined", $selected})',
        suspect,
      ),
      stat(
        'Without etcd',
        'Instances that decide on their local counts alone.',
        'sum(baton_degraded{$selected})',
        suspect,
      ),
      stat(
        'Wrong counts',
        'Differences that the consistency check found in the last hour: a bug.',
        'sum(increase(baton_consistency_differences_total{$selected}[1h]))',
        bad,
      ),
    ],
  },
  {
    title: 'Requests',
    panels: [
      stacked(
        graph('Decisions', 'Requests by instance.', 'reqps', [
          'sum by (instance) (rate(baton_decisions_total{$selected}[$__rate_interval]))',
          '{{instance}}',
        ]),
      ),
      stacked(
        graph('Refused', 'Requests that got no pod, by reason.', 'reqps', [
          'sum by (outcome) (rate(baton_decisions_total{outcome!="route", $selected}[$__rate_interval])) > 0',
          '{{outcome}}',
        ]),
      ),
      graph(
        'Time of a decision',
        'From the arrival of a stream to the written reply.',
        's',
        [quantile(0.5, 'baton_decision_duration_seconds'), 'p50'],
        [quantile(0.99, 'baton_decision_duration_seconds'), 'p99'],
      ),
    ],
  },
  {
    title: 'Pods',
    panels: [
      graph('In flight by pod', 'Requests through all instances, as they know it.', 'short', [
        'max by (endpoint) (baton_endpoint_in_flight_view{$selected})',
        '{{endpoint}}',
      ]),
      graph(
        'Pods by state',
        'Ready and unready by their probes, quarantined by their responses.',
        'short',
        ['max by (state) (baton_endpoints{$selected})', '{{state}}'],
        ['max(baton_endpoints_judged{health="quarantined", $selected})', 'quarantined'],
      ),
      graph('Failures', 'Failed responses that were watched: a sample.', 'reqps', [
        'sum by (failure) (rate(baton_pod_failures_total{$selected}[$__rate_interval])) > 0',
        '{{failure}}',
      ]),
    ],
  },
  {
    title: 'What pods say of themselves',
    panels: [
      graph('Readings', 'Answers of pods that were asked for their metrics.', 'reqps', [
        'sum by (outcome) (rate(baton_pod_metrics_read_total{$selected}[$__rate_interval])) > 0',
        '{{outcome}}',
      ]),
      graph(
        'How requests are counted',
        'assumed: by a fixed time, because the pod cannot be read.',
        'short',
        ['max by (by) (baton_endpoints_counted{$selected})', '{{by}}'],
      ),
    ],
  },
  {
    title: 'Instances and upgrades',
    panels: [
      graph('Instances by phase', 'ready and standby are well; draining ends by itself.', 'short', [
        'sum by (phase) (baton_phase{$selected}) > 0',
        '{{phase}}',
      ]),
      graph(
        'Generation that serves',
        'Instances agree; the pinned one is shown while there is one.',
        'short',
        ['max by (instance) (baton_generation_serving{$selected})', '{{instance}}'],
        ['max(baton_generation_pinned{$selected})', 'pinned'],
      ),
      stacked(
        graph('Streams of drains', 'Requests of instances that stop, by how they end.', 'short', [
          'sum by (state) (baton_drain_streams{$selected})',
          '{{state}}',
        ]),
      ),
    ],
  },
  {
    title: 'Sharing through etcd',
    panels: [
      graph(
        'Delay of counts',
        'From a write to its delivery by the watch.',
        's',
        [quantile(0.5, 'baton_sync_lag_seconds'), 'p50'],
        [quantile(0.99, 'baton_sync_lag_seconds'), 'p99'],
      ),
      graph('Age of the view', 'How old the counts of the other instances are.', 's', [
        'baton_view_age_seconds{$selected}',
        '{{instance}}',
      ]),
      graph('Writes', 'Load reports that instances write.', 'wps', [
        'sum by (outcome) (rate(baton_store_writes_total{$selected}[$__rate_interval]))',
        '{{outcome}}',
      ]),
      graph('Peers', 'Other instances that each one knows.', 'short', [
        'baton_peers{$selected}',
        '{{instance}}',
      ]),
    ],
  },
  {
    title: 'Connections',
    panels: [
      graph(
        'Streams and connections',
        'Open on the gRPC port.',
        'short',
        ['sum(baton_streams_open{$selected})', 'streams'],
        ['sum(baton_connections_open{$selected})', 'connections'],
        ['sum(baton_eds_streams{$selected})', 'endpoint discovery'],
      ),
      graph('Held for clients', 'Bytes of partial messages and unread output.', 'bytes', [
        'baton_connections_held{$selected}',
        '{{instance}}',
      ]),
      graph('Ends of streams', 'error rises: messages that cannot be read, or broken connections.', 'reqps', [
        'sum by (how) (rate(baton_streams_ended_total{$selected}[$__rate_interval]))',
        '{{how}}',
      ]),
      graph('Bodies asked for', 'missing: Envoy does not send them.', 'reqps', [
        'sum by (outcome) (rate(baton_request_bodies_total{$selected}[$__rate_interval]))',
        '{{outcome}}',
      ]),
    ],
  },
];
