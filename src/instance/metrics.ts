import type { InstanceState } from '../admin/state.ts';
import { phases } from '../phase.ts';
import { counter, gauge, label } from '../telemetry/metric.ts';

export const lifeMetrics = {
  leaseRegrants: counter({
    name: 'baton_lease_regrants',
    labels: [],
    means: 'Leases granted after one was lost',
    worry:
      'Any rise while etcd is reachable: the process stood still for longer than `etcd.leaseTtlSeconds`.',
  }),
};

export const lifeGauges = [
  gauge<InstanceState['instance']>({
    name: 'baton_phase',
    labels: [label('phase', phases)],
    means: '1 for the phase the instance is in, 0 for the others',
    worry: '`starting` for longer than `startup.storeWaitMs`; no instance is `ready`.',
    read: ({ phase }) => phases.map((name) => [phase === name ? 1 : 0, name]),
  }),
  gauge<InstanceState['instance']>({
    name: 'baton_generation',
    labels: [],
    means: "The generation of this instance's release",
    worry: 'Never; see `baton_generation_serving`.',
    read: ({ generation }) => generation,
  }),
  gauge<InstanceState['instance']>({
    name: 'baton_degraded',
    labels: [],
    means: '1 while the instance serves without the etcd that is configured, or etcd takes no writes',
    worry: '1: it decides on its local counts alone, or the others do not see its counts; `/state` says why.',
    read: ({ degraded }) => (degraded ? 1 : 0),
  }),
  gauge<InstanceState['instance']>({
    name: 'baton_without_endpoints',
    labels: [],
    means: '1 while no endpoint of this instance is ready, so that each request is answered with 503',
    worry: '1, except where the pool is scaled to zero on purpose.',
    read: ({ withoutEndpoints }) => (withoutEndpoints ? 1 : 0),
  }),
];

export const drainGauges = [
  gauge<InstanceState['drain']>({
    name: 'baton_drain_streams',
    labels: [label('state', ['open', 'finished', 'half-closed', 'handed-off'])],
    means: 'Streams of the drain that is under way; absent without one',
    worry:
      '`open` falls slowly: the drain may take `drain.graceMs`. What is left then is in `baton_handoff_in_flight` of the others.',
    read: (drain) =>
      drain && [
        [drain.open, 'open'],
        [drain.finished, 'finished'],
        [drain.halfClosed, 'half-closed'],
        [drain.handedOff, 'handed-off'],
      ],
  }),
];
