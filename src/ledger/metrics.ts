import type { Instruments } from '../telemetry/instruments.ts';
import { counter, gauge, histogram, label, openLabel, series } from '../telemetry/metric.ts';

/**
 * What the consistency check compares.
 *
 * - local: this instance's counts and its open streams
 * - watch: the stored records with their versions and what the watch has delivered
 * - view: the stored records and the view made of them, or the parts of the view and their sum
 * - published: this instance's counts and its stored record
 */
export const differenceKinds = ['local', 'watch', 'view', 'published'] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** undecided: etcd was unreachable, or was joined again meanwhile. */
export const consistencyOutcomes = ['compared', 'undecided'] as const;
export type ConsistencyOutcome = (typeof consistencyOutcomes)[number];

export const ledgerMetrics = {
  storeWrites: counter({
    name: 'baton_store_writes',
    labels: [label('outcome', ['ok', 'failed'])],
    means: "Writes of this instance's load report by outcome",
    worry: '`failed` rises: etcd is unreachable or slow. The other instances decide on old counts.',
  }),
  syncLag: histogram({
    name: 'baton_sync_lag_seconds',
    unit: 's',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    means: 'From a write of the load report to its delivery by the watch of the same instance',
    worry:
      'A 99th percentile above a few hundred milliseconds: instances decide on counts that are that old.',
  }),
  consistencyChecks: counter({
    name: 'baton_consistency_checks',
    labels: [label('outcome', consistencyOutcomes)],
    means: 'Rounds of the consistency check by outcome',
    worry: '`compared` does not rise while etcd is reachable.',
  }),
  consistencyDifferences: counter({
    name: 'baton_consistency_differences',
    labels: [label('kind', differenceKinds)],
    means: 'Counts that the consistency check found wrong',
    worry:
      'Any rise is a bug: report it with the error from the log. Kinds: `local`, counts and open streams; ' +
      '`watch`, stored and watched records; `view`, records and the view; `published`, counts and the stored load report.',
  }),
};
export type LedgerMetrics = Instruments<typeof ledgerMetrics>;

export const storeGauges = [
  gauge<{ readonly viewAgeMs: number | null }>({
    name: 'baton_view_age_seconds',
    labels: [],
    unit: 's',
    means: 'Age of the counts of other instances; absent without etcd',
    worry:
      'It grows: the watch is broken, and counts of other instances lose weight over `sync.staleDecayMs`.',
    read: ({ viewAgeMs }) => (viewAgeMs === null ? null : viewAgeMs / 1000),
  }),
];

export const peerGauges = [
  gauge<readonly unknown[]>({
    name: 'baton_peers',
    labels: [],
    means: 'Other instances that are known to be alive',
    worry: 'It is not the number of instances less one.',
    read: (peers) => peers.length,
  }),
];

export const handoffGauges = [
  gauge<readonly { readonly counted: number }[]>({
    name: 'baton_handoff_in_flight',
    labels: [],
    means: 'Requests whose instance has stopped and that still count in the view',
    worry:
      'Above 0: `drain.graceMs` is shorter than some responses. It falls to 0 within `upgrade.handoffTtlMs`.',
    read: (handoffs) => handoffs.reduce((sum, { counted }) => sum + counted, 0),
  }),
];

interface EndpointLoad {
  readonly address: string;
  readonly local: number;
  readonly view: number;
}
const endpointLabel = openLabel('endpoint', "addresses of the pool's endpoints");

export const loadSeries = [
  series<EndpointLoad>({
    name: 'baton_endpoint_in_flight_local',
    labels: [endpointLabel],
    means: 'Requests in flight through this instance',
    worry: 'It stays above 0 without traffic.',
    of: ({ address, local }) => [local, address],
  }),
  series<EndpointLoad>({
    name: 'baton_endpoint_in_flight_view',
    labels: [endpointLabel],
    means: 'Requests in flight through all instances, as far as this one knows',
    worry: 'Instances disagree for longer than the sync lag, or one endpoint stays far above the others.',
    of: ({ address, view }) => [view, address],
  }),
];

export const consistencyGauges = [
  gauge<{ readonly ageMs: number | null }>({
    name: 'baton_consistency_check_age_seconds',
    labels: [],
    unit: 's',
    means: 'Time since the consistency check last compared everything; absent before its first round',
    worry: 'It exceeds several times `consistency.intervalMs`.',
    read: ({ ageMs }) => (ageMs === null ? null : ageMs / 1000),
  }),
];
