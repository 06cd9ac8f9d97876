import type { AdminSources } from '../../src/admin/server.ts';
import type { EndpointReport, InstanceState, PeerReport } from '../../src/admin/state.ts';
import { quietSources, sampleState } from '../unit/admin/sampleState.ts';

/** Situations that a stranger should understand at a glance, as an instance would report them. */

const release = '1.4.2';
const previous = '1.4.1';

/** Each pod's engine said something of itself half a second ago. */
function engineReading(nth: number): EndpointReport['reading'] {
  return {
    ...{ engine: 'vllm', from: 'baton-a', ageMs: 500, used: true },
    ...{ waiting: nth % 3, running: 9 + (nth % 4), kvUse: 0.3 + (nth % 5) / 10 },
    ...{ cacheHitRate: 0.5 + (nth % 6) / 20, firstTokenMs: 180 + 10 * (nth % 9) },
  };
}

export function pods(
  count: number,
  change: (nth: number) => Partial<EndpointReport> = () => ({}),
): EndpointReport[] {
  const [pod] = sampleState.pool as [EndpointReport];
  return Array.from({ length: count }, (_, nth) => ({
    ...pod,
    address: `10.0.${Math.floor(nth / 200)}.${11 + (nth % 200)}:8000`,
    models: ['llama-3-70b'],
    local: 3 + (nth % 3),
    view: 10 + ((nth * 7) % 9),
    load: 10 + ((nth * 7) % 9),
    reading: engineReading(nth),
    ...change(nth),
  }));
}

const peer = (id: string, changes: Partial<PeerReport> = {}): PeerReport => {
  return { id, release, generation: 12, phase: 'ready', inFlight: 45, ...changes };
};

const well: InstanceState = {
  ...sampleState,
  instance: { ...sampleState.instance, id: 'baton-a', release, generation: 12 },
  steering: { ...sampleState.steering, servingGeneration: 12 },
  store: { ...sampleState.store, viewAgeMs: 0 },
  peers: [peer('baton-b'), peer('baton-c')],
  pool: pods(12),
  streams: { open: 47, assumed: 0 },
};

const quarantined: Partial<EndpointReport> = {
  health: 'quarantined',
  quarantine: { reason: 'server-error', remainingMs: 8_000, level: 2, foundBy: 'baton-b', excluded: true },
  local: 0,
  view: 0,
};
const failing: Partial<EndpointReport> = {
  ready: false,
  fault: 'connect ECONNREFUSED 10.0.0.15:8000',
  reading: null,
  local: 0,
  view: 0,
};

export const situations: Readonly<Record<string, InstanceState>> = {
  'all well': well,
  'a sick pod': { ...well, pool: pods(12, (nth) => (nth === 4 ? failing : {})) },
  'a quarantined pod': { ...well, pool: pods(12, (nth) => (nth === 7 ? quarantined : {})) },
  'a draining instance': {
    ...well,
    instance: { ...well.instance, phase: 'draining' },
    drain: {
      startedAt: new Date(0).toISOString(),
      ...{ open: 31, finished: 16, halfClosed: 0, handedOff: 0, graceLeftMs: 22_000 },
    },
  },
  'an upgrade half way': {
    ...well,
    peers: [
      peer('baton-b', { release: previous, generation: 11, phase: 'standby', inFlight: 12 }),
      peer('baton-c', { release: previous, generation: 11, phase: 'draining', inFlight: 5 }),
      peer('baton-d', { phase: 'starting', inFlight: 0 }),
    ],
  },
  'etcd away': {
    ...well,
    instance: { ...well.instance, degraded: true },
    store: { ...well.store, leaseHeld: false, viewAgeMs: 14_000 },
    pool: pods(12, (nth) => ({ view: 5.4 + (nth % 4) })),
  },
  'an empty pool': { ...well, instance: { ...well.instance, withoutEndpoints: true }, pool: [] },
  'no Envoy connected': {
    ...well,
    peers: [],
    streams: { open: 0, assumed: 0 },
    connections: { connections: 0, heldBytes: 0 },
    pool: pods(3, () => ({ local: 0, view: 0 })),
  },
  'too few pods pass their probes': {
    ...well,
    panic: { endpoints: 12, passing: 2, inUse: 12 },
    pool: pods(12, (nth) => (nth < 2 ? {} : { fault: 'HTTP 503' })),
  },
  'a thousand pods': {
    ...well,
    peers: Array.from({ length: 19 }, (_, nth) => peer(`baton-${nth + 1}`, { inFlight: 300 + nth * 10 })),
    pool: pods(1_000, (nth) => (nth === 437 ? quarantined : nth === 811 ? failing : {})),
  },
};

/** Counts by instance that add up to the view. */
export function sourcesOf(state: () => InstanceState): AdminSources {
  return {
    ...quietSources,
    state,
    countsByInstance: function* () {
      const { instance, peers, pool } = state();
      const counts = (share: (pod: EndpointReport) => number): ReadonlyMap<string, number> =>
        new Map(pool.map((pod) => [pod.address, share(pod)]));
      yield [instance.id, counts(({ local }) => local)];
      for (const { id } of peers) {
        yield [id, counts(({ local, view }) => Math.round(Math.max(0, view - local) / peers.length))];
      }
    },
  };
}
