import type { Instruments } from '../telemetry/instruments.ts';
import { counter, gauge, label } from '../telemetry/metric.ts';
import { failureKinds } from './failure.ts';

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
