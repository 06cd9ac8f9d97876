import type { InstanceState, PeerReport, Readiness, StoreReport } from '../admin/state.ts';
import type { Sharing } from '../ledger/sharing.ts';
import type { SteeringReport } from '../steering/steeringController.ts';
import type { InstanceParts } from './parts.ts';

/** What changes over the life of an instance and is known only to those who run it. */
export interface Progress {
  readonly addresses: readonly string[];
  readonly readiness: Readiness;
  readonly drain: InstanceState['drain'];
  readonly regrants: number;
}

/** One look at everything, for `/state`, the gauges and `baton status`. */
export function instanceState(instance: InstanceParts, progress: Progress): InstanceState {
  const {
    config,
    lifecycle,
    sharing,
    dynamic: live,
    pool,
    exchanges,
    firstDecisionProbe: firstDecision,
    startedAt,
  } = instance;
  const { id, release, generation, zone } = config.instance;
  const ready = new Set(pool.ready());
  const own = sharing.ledger.local();
  return {
    instance: {
      id,
      release,
      generation,
      zone,
      phase: lifecycle.phase,
      degraded: isDegraded(sharing) && lifecycle.phase !== 'starting',
      startedAt: startedAt.toISOString(),
      addresses: progress.addresses,
    },
    readiness: progress.readiness,
    store: storeReport(sharing, progress.regrants),
    steering: instance.steering?.report() ?? steeringAlone(instance),
    dynamic: live.report(),
    peers: peerReports(sharing, id),
    handoffs: sharing.kind === 'etcd' ? sharing.ledger.handoffs() : [],
    pool: pool.all().map((endpoint) => ({
      address: endpoint.address,
      ready: ready.has(endpoint),
      weight: endpoint.weight,
      local: own.get(endpoint.address) ?? 0,
      view: sharing.ledger.inFlight(endpoint.address),
    })),
    streams: { open: exchanges.open },
    consistency: instance.consistencyCheck.report(),
    drain: progress.drain,
    firstDecision: firstDecision.first ?? null,
  };
}

/** Deciding without the shared store that is configured. */
export function isDegraded(sharing: Sharing): boolean {
  return sharing.kind === 'etcd' && sharing.store.state.kind !== 'joined';
}

function storeReport(sharing: Sharing, regrants: number): StoreReport {
  if (sharing.kind === 'memory') {
    return {
      kind: 'memory',
      leaseHeld: false,
      viewAgeMs: null,
      syncLagMs: null,
      regrants: 0,
      recordsSkipped: 0,
    };
  }
  const { ledger, store } = sharing;
  return {
    kind: 'etcd',
    leaseHeld: store.state.kind === 'joined',
    viewAgeMs: ledger.viewAgeMs(),
    syncLagMs: ledger.syncLagMs() ?? null,
    regrants,
    recordsSkipped: ledger.recordsSkipped,
  };
}

function steeringAlone({ config, lifecycle }: InstanceParts): SteeringReport {
  const { generation } = config.instance;
  return {
    mode: config.upgrade.steering,
    servingGeneration: lifecycle.phase === 'ready' ? generation : null,
    pinnedGeneration: null,
  };
}

function peerReports(sharing: Sharing, ownId: string): PeerReport[] {
  if (sharing.kind === 'memory') return [];
  const { instances, peerTotals } = sharing.ledger;
  return [...instances.values()]
    .filter(({ id }) => id !== ownId)
    .map(({ id, release, generation, phase }) => {
      return { id, release, generation, phase: phase ?? null, inFlight: peerTotals.get(id) ?? 0 };
    });
}
