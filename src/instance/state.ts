import type {
  DecisionTotals,
  InstanceStateSource,
  PeerReport,
  PolicyReport,
  StoreReport,
} from '../admin/state.ts';
import type { SteeringReport } from '../steering/steeringController.ts';
import { endpointCounts, endpointReports } from './endpointReports.ts';
import type { MeasuredState, ProcessState, StateSummary } from './measuredState.ts';
import type { InstanceParts } from './parts.ts';
import type { PoolParts } from './poolParts.ts';
import type { SharedParts } from './sharedParts.ts';
import { isDegraded } from './startup.ts';

/** The state of an instance and one of its pools as of now, for `/state` and `baton status`. */
export function instanceState(parts: InstanceParts, pool: PoolParts): InstanceStateSource {
  return { ...summaryOf(parts, pool), pool: endpointReports(pool) };
}

export function measuredState(parts: InstanceParts, pool: PoolParts): MeasuredState {
  return { ...summaryOf(parts, pool), ...endpointCounts(pool) };
}

/** What is the same in the state of each pool. */
export function processState({ discovery, grpcServer, instanceDrain }: InstanceParts): ProcessState {
  return {
    connections: grpcServer.report(),
    discovery: { streams: discovery.streams },
    drain: instanceDrain.report(),
  };
}

function summaryOf(instance: InstanceParts, parts: PoolParts): StateSummary {
  const { config, dynamic, exchanges, firstDecisionProbe } = parts;
  const { lifecycle, pool, published, sharing, startup } = parts;
  const { id, release, generation, zone } = config.instance;
  return {
    pools: instance.pools.map((one) => one.config.pool.name),
    instance: {
      id,
      release,
      generation,
      zone,
      phase: lifecycle.phase,
      degraded: (isDegraded(sharing) || hasWriteProblem(sharing)) && lifecycle.phase !== 'starting',
      withoutEndpoints: pool.ready().length === 0,
      startedAt: parts.startedAt.toISOString(),
      addresses: startup.addresses,
    },
    readiness: startup.readiness(),
    store: storeReport(parts),
    steering: steeringReport(parts),
    dynamic: dynamic.report(),
    policy: policyReport(parts),
    peers: peerReports(sharing, id),
    handoffs: sharing.kind === 'etcd' ? sharing.ledger.handoffs() : [],
    panic: pool.panic ?? null,
    prefixes: parts.prompts.shared?.report() ?? null,
    streams: { open: exchanges.open, assumed: exchanges.assumed },
    decisions: decisionTotals(parts.metrics),
    ...processState(instance),
    discovery: instance.discovery.report(published),
    consistency: parts.consistencyCheck.report(),
    firstDecision: firstDecisionProbe.first ?? null,
  };
}

function policyReport({ config, dynamic, extensions: { policies } }: PoolParts): PolicyReport {
  const { policy: configured } = dynamic.config.scheduling;
  const policy = policies.named(configured) ?? policies.named(config.scheduling.policy);
  return { configured, inUse: (policy?.current?.() ?? policy)?.name ?? configured };
}

function decisionTotals({ decisions }: PoolParts['metrics']): DecisionTotals {
  let routed = 0;
  const refused: Record<string, number> = {};
  for (const [count, , outcome = ''] of decisions.entries()) {
    if (outcome === 'route') routed += count;
    else if (count > 0) refused[outcome] = (refused[outcome] ?? 0) + count;
  }
  return { routed, refused };
}

/** The lease is held, and what this instance has in flight cannot be written. */
function hasWriteProblem(sharing: SharedParts): boolean {
  return sharing.kind === 'etcd' && sharing.store.writeProblem !== undefined;
}

function storeReport({ sharing, skipped, storeLog }: PoolParts): StoreReport {
  if (sharing.kind === 'memory') {
    return {
      kind: 'memory',
      leaseHeld: false,
      viewAgeMs: null,
      syncLagMs: null,
      writeProblem: null,
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
    writeProblem: store.writeProblem ?? null,
    regrants: storeLog.regrants,
    recordsSkipped: skipped.count,
  };
}

function steeringReport({ config, lifecycle, sharing }: PoolParts): SteeringReport {
  if (sharing.kind === 'etcd') return sharing.steering.report();
  return {
    mode: config.upgrade.steering,
    servingGeneration: lifecycle.phase === 'ready' ? config.instance.generation : null,
    pinnedGeneration: null,
    unproven: [],
  };
}

function peerReports(sharing: SharedParts, localId: string): PeerReport[] {
  if (sharing.kind === 'memory') return [];
  const { instances, peerTotals } = sharing.ledger;
  return [...instances.values()]
    .filter(({ id }) => id !== localId)
    .map(({ id, release, generation, phase }) => {
      return { id, release, generation, phase: phase ?? null, inFlight: peerTotals.get(id) ?? 0 };
    });
}
