import type { AdminSources } from '../../../src/admin/server.ts';
import type { InstanceState } from '../../../src/admin/state.ts';

/** An instance in the middle of its life, with one peer. */
export const sampleState: InstanceState = {
  instance: {
    id: 'baton-2',
    release: '1.1.0',
    generation: 2,
    zone: 'a',
    phase: 'ready',
    degraded: false,
    withoutEndpoints: false,
    startedAt: '2026-05-04T03:02:01.000Z',
    addresses: ['127.0.0.1:9002'],
  },
  readiness: { ready: true, reasons: [] },
  store: {
    kind: 'etcd',
    leaseHeld: true,
    viewAgeMs: 12,
    syncLagMs: { p50: 3, p99: 9, last: 4 },
    writeProblem: null,
    regrants: 0,
    recordsSkipped: 0,
  },
  steering: { mode: 'automatic', servingGeneration: 2, pinnedGeneration: null, unproven: [] },
  dynamic: null,
  handoffs: [],
  peers: [{ id: 'baton-1', release: '1.0.0', generation: 1, phase: 'draining', inFlight: 7 }],
  pool: [
    {
      address: '10.0.0.2:8000',
      ready: true,
      fault: null,
      weight: 1,
      models: [],
      local: 2,
      view: 6,
      health: 'trusted',
      quarantine: null,
    },
    {
      address: '10.0.0.10:8000',
      ready: false,
      fault: 'HTTP 503',
      weight: 1,
      models: [],
      local: 1,
      view: 3.5,
      health: 'quarantined',
      quarantine: { reason: 'server-error', remainingMs: 900, level: 0, foundBy: null, excluded: true },
    },
  ],
  panic: null,
  prefixes: { scheme: 1, pods: 2, entries: 140, memoryBytes: 4096, waitingKeys: 0, waitingMs: 0 },
  streams: { open: 3, assumed: 0 },
  decisions: { routed: 40, refused: {} },
  connections: { connections: 2, heldBytes: 4096 },
  discovery: { streams: 1, version: '0123456789abcdef' },
  consistency: {
    rounds: 0,
    ageMs: null,
    differences: { local: 0, watch: 0, view: 0, published: 0 },
    last: [],
  },
  drain: null,
  firstDecision: null,
};

/** An admin port that shows this state, and nothing else. */
export const quietSources: AdminSources = {
  readiness: () => sampleState.readiness,
  state: () => sampleState,
  metricsText: async () => [],
  events: { list: () => [] },
  countsByInstance: () => [],
  decisions: () => ({}),
  explain: () => ({}),
};
