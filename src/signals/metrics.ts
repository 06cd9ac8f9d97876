import type { Instruments } from '../telemetry/instruments.ts';
import { counter, gauge, label, openLabel, series } from '../telemetry/metric.ts';
import { failureKinds } from './failure.ts';
import { readOutcomes } from './readings/podMetricsReader.ts';

export const signalMetrics = {
  podFailures: counter({
    name: 'baton_pod_failures',
    labels: [label('failure', failureKinds)],
    means: 'Failures of pods in the responses that were watched: a sample, and all of suspected pods',
    worry: 'It rises: see the events of kind `quarantine`, and the log of the pods.',
  }),
  quarantines: counter({
    name: 'baton_quarantines',
    labels: [label('reason', failureKinds)],
    means: 'Quarantines of pods, each new period counted, by the failure that led to it',
    worry: 'Any rise: a pod fails its requests while its health probe passes.',
  }),
  podMetricsRead: counter({
    name: 'baton_pod_metrics_read',
    labels: [label('outcome', readOutcomes)],
    means: 'Answers of pods that this instance asked for their metrics, where something needs these',
    worry:
      'Others than `read` rise: the load of those pods is assumed, not known. `no-engine`: the answer is that of no known engine; see `signals.metrics.path`.',
  }),
  engineRestarts: counter({
    name: 'baton_pod_engine_restarts',
    labels: [],
    means: 'Engines of pods that were seen to be another process than before: their caches are empty',
    worry: 'It rises without a deployment: see the log of the pods.',
  }),
};
export type SignalMetrics = Instruments<typeof signalMetrics>;

const verdicts = ['trusted', 'suspected', 'quarantined', 'trial'] as const;

export const signalGauges = [
  gauge<Readonly<Record<(typeof verdicts)[number], number>>>({
    name: 'baton_endpoints_judged',
    labels: [label('health', verdicts)],
    means: 'Endpoints of the pool by how their responses end',
    worry: '`quarantined` above 0 for minutes: the pod does not recover by itself.',
    read: (endpoints) => verdicts.map((health) => [endpoints[health], health]),
  }),
];

const ways = ['exact', 'assumed', 'reading'] as const;

export const countedGauges = [
  gauge<Readonly<Record<(typeof ways)[number], number>>>({
    name: 'baton_endpoints_counted',
    labels: [label('by', ways)],
    means:
      'Endpoints by how their requests in flight are known: `exact`; `assumed` and `reading` where responses are left to the gateway (`gateway.responses`): for a fixed time, or by what the endpoint said of itself and what was placed since',
    worry: '`assumed` above 0 for minutes: the metrics of these endpoints cannot be read.',
    read: (endpoints) => ways.map((way) => [endpoints[way], way]),
  }),
];

export const biasSeries = [
  series<{ readonly address: string; readonly prefixBias: number }>({
    name: 'baton_prefix_bias',
    labels: [openLabel('endpoint', "addresses of the pool's endpoints")],
    means:
      'The share of prompts that the engine finds in its cache, relative to the share that was expected of what was sent there, from 0.25 to 2; 1 where nothing is known',
    worry:
      'Far below 1 for long: other programs use the pods too, or the cache is smaller than the engine says. The cache is taken to be smaller then.',
    of: ({ address, prefixBias }) => [prefixBias, address],
  }),
];
