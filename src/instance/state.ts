import type {
  DecisionTotals,
  InstanceStateSource,
  PeerReport,
  PolicyReport,
  StoreReport,
} from '../admin/state.ts';
import type { SteeringReport } from '../steering/steeringController.ts';
import { endpointCounts, endpointReports } from './endpointReports.ts';
import type { MeasuredState, StateSummary } from './measuredState.ts';
import type { InstanceParts } from './parts.ts';
import type { SharedParts } from './sharedParts.ts';
import { isDegraded } from './startup.ts';

/** The state of an instance as of now, for `/state` and `baton status`. */
export function instanceState(parts: InstanceParts): InstanceStateSource {
  return { ...summaryOf(parts), pool: endpointReports(parts) };
}

export function measuredState(parts: InstanceParts): MeasuredState {
  return { ...summaryOf(parts), ...endpointCounts(parts) };
}

function summaryOf(parts: InstanceParts): StateSummary {
  const { config, discovery, dynamic, exchanges, firstDecisionProbe, grpcServer } = parts;
  const { lifecycle, pool, sharing, startup } = parts;
  const { id, release, generation, zone } = config.instance;
  return {
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
    connections: grpcServer.report(),
    discovery: discovery.report(),
    consistency: parts.consistencyCheck.report(),
    drain: parts.instanceDrain.report(),
    firstDecision: firstDecisionProbe.first ?? null,
  };
}

function policyReport({ config, dynamic, extensions: { policies } }: InstanceParts): PolicyReport {
  const { policy: configured } = dynamic.config.scheduling;
  const policy = policies.named(configured) ?? policies.named(config.scheduling.policy);
  return { configured, inUse: (policy?.current?.() ?? policy)?.name ?? configured };
}

function decisionTotals({ decisions }: InstanceParts['metrics']): DecisionTotals {
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

function storeReport({ sharing, skipped, storeLog }: InstanceParts): StoreReport {
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

function steeringReport({ config, lifecycle, sharing }: InstanceParts): SteeringReport {
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
