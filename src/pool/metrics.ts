import type { Instruments } from '../telemetry/instruments.ts';
import { counter, gauge, label, openLabel, series } from '../telemetry/metric.ts';

export const poolMetrics = {
  reloadFailures: counter({
    name: 'baton_pool_reload_failures',
    labels: [openLabel('source', 'the configured sources, such as `file pods.yaml`')],
    means: 'Failed reads of an endpoint source',
    worry: 'Any rise: the pool stays as the last good read left it. The log names the problem.',
  }),
  probesNotMade: counter({
    name: 'baton_probes_not_made',
    labels: [],
    means: 'Probes that this process or machine could not make; the endpoint stays as it was',
    worry:
      'Any rise: no free file descriptor, port or memory, or a local firewall. The log names the reason.',
  }),
};
export type PoolMetrics = Instruments<typeof poolMetrics>;

export const poolGauges = [
  gauge<{ readonly ready: number; readonly unready: number }>({
    name: 'baton_endpoints',
    labels: [label('state', ['ready', 'unready'])],
    means: 'Endpoints of the pool by state',
    worry: '`unready` above 0 for longer than a restart of a pod takes; `ready` at 0 rejects every request.',
    read: ({ ready, unready }) => [
      [ready, 'ready'],
      [unready, 'unready'],
    ],
  }),
];

export const endpointSeries = [
  series<{ readonly address: string; readonly ready: boolean }>({
    name: 'baton_endpoint_ready',
    labels: [openLabel('endpoint', "addresses of the pool's endpoints")],
    means: '1 while the endpoint may be chosen, 0 while not; `pool[].fault` in `/state` has the reason',
    worry: '0 for longer than a restart of the pod takes.',
    of: ({ address, ready }) => [ready ? 1 : 0, address],
  }),
];

export const panicGauges = [
  gauge<object | null>({
    name: 'baton_pool_panic',
    labels: [],
    means: '1 while too few endpoints pass their probes, so that some that fail them stay in use',
    worry: '1: the probes (`pool.probe`), the network to the endpoints, or most of the endpoints are broken.',
    read: (panic) => [[panic === null ? 0 : 1]],
  }),
];
