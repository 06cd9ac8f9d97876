import type { DynamicConfigReport } from '../dynamic/dynamicConfig.ts';
import type { ConsistencyReport } from '../ledger/consistencyCheck.ts';
import type { Phase } from '../phase.ts';
import type { SharedPromptsReport } from '../prefixSharing/sharedPromptsReport.ts';
import type { PodFailure } from '../signals/failure.ts';
import type { SteeringReport } from '../steering/steeringController.ts';

/**
 * The JSON of `/state`: one instance with its peers, its pool and its counts. Types only; a report
 * is declared in the folder that makes it, and here where that folder imports this one. Times of
 * day are ISO 8601, durations are in ms. Fields may be added; none changes its meaning.
 */
export interface InstanceState {
  /** The names of all its pools; the rest is of one of them, unless it is said otherwise. */
  readonly pools: readonly string[];
  readonly instance: {
    readonly id: string;
    readonly release: string;
    readonly generation: number;
    readonly zone: string;
    readonly phase: Phase;
    /** It serves without the etcd that is configured, or that etcd takes no writes. */
    readonly degraded: boolean;
    /** None of its endpoints is ready: each request is answered with 503. */
    readonly withoutEndpoints: boolean;
    readonly startedAt: string;
    /** Of the ext_proc port. */
    readonly addresses: readonly string[];
  };
  readonly readiness: Readiness;
  readonly store: StoreReport;
  readonly steering: SteeringReport;
  /** null where no dynamic configuration is in force. */
  readonly dynamic: DynamicConfigReport | null;
  /** For requests that name no policy. */
  readonly policy: PolicyReport;
  readonly peers: readonly PeerReport[];
  readonly handoffs: readonly HandoffReport[];
  readonly pool: readonly EndpointReport[];
  /** null while enough endpoints pass their probes. */
  readonly panic: PanicReport | null;
  /** Where prompts went, of all instances; null where instances do not share it. */
  readonly prefixes: SharedPromptsReport | null;
  readonly streams: {
    readonly open: number;
    /** Requests that count although their stream is finished (full duplex). */
    readonly assumed: number;
  };
  readonly decisions: DecisionTotals;
  /** Of the ext_proc port. */
  readonly connections: ConnectionsReport;
  readonly discovery: DiscoveryStateReport;
  readonly consistency: ConsistencyReport;
  readonly drain: DrainReport | null;
  readonly firstDecision: FirstDecision | null;
}

/**
 * The same before it is written. The endpoints are read one by one while the JSON is written, since
 * there may be thousands: their counts may be of different moments some milliseconds apart.
 */
export type InstanceStateSource = Omit<InstanceState, 'pool'> & { readonly pool: Iterable<EndpointReport> };

/** Whether the instance can take traffic, and if not, everything that is missing. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** Decisions since the start. */
export interface DecisionTotals {
  readonly routed: number;
  /** By what came of them, as `baton_decisions` names it; only those that there were. */
  readonly refused: Readonly<Record<string, number>>;
}

/** null where the transport does not know. */
export interface ConnectionsReport {
  readonly connections: number | null;
  /** What all clients make this instance hold. */
  readonly heldBytes: number | null;
}

/** What Envoys get of the pool by endpoint discovery. */
export interface DiscoveryStateReport {
  /** Open streams. */
  readonly streams: number;
  /** The same in all instances that see the same pool; null while the pool is not known. */
  readonly version: string | null;
}

export interface StoreReport {
  readonly kind: 'memory' | 'etcd';
  readonly leaseHeld: boolean;
  /** null for `memory`, whose view is always current. */
  readonly viewAgeMs: number | null;
  readonly syncLagMs: { readonly p50: number; readonly p99: number; readonly last: number } | null;
  /** Why etcd takes no writes although the lease is held. */
  readonly writeProblem: string | null;
  readonly regrants: number;
  readonly recordsSkipped: number;
}

/** Open requests of an instance that has stopped. */
export interface HandoffReport {
  /** The instance that has stopped. */
  readonly instance: string;
  /** The number at its stop, on all endpoints. */
  readonly inFlight: number;
  /** The number that the view still counts: it decays over `upgrade.handoffTtlMs`. */
  readonly counted: number;
}

export interface PolicyReport {
  /** The setting, or the dynamic configuration. */
  readonly configured: string;
  /** What decides: what `auto` stands for, or the own setting where the other is unknown. */
  readonly inUse: string;
}

/** Another instance, from its records in etcd. */
export interface PeerReport {
  readonly id: string;
  readonly release: string;
  readonly generation: number;
  /** null for a phase that only a newer release knows. */
  readonly phase: Phase | null;
  /** Its requests in flight, on all endpoints. */
  readonly inFlight: number;
}

/** Too few endpoints pass their probes: endpoints that fail them are in use. */
export interface PanicReport {
  readonly endpoints: number;
  readonly passing: number;
  readonly inUse: number;
}

export interface EndpointReport {
  readonly address: string;
  readonly ready: boolean;
  /** Why it fails its probes; null where it does not. It may be ready all the same. */
  readonly fault: string | null;
  readonly weight: number;
  /** Those that it is known to serve, from the pool or its own list; empty: any. */
  readonly models: readonly string[];
  /** Requests in flight through this instance. */
  readonly local: number;
  /** Requests in flight through all instances; a fraction where stale counts decay. */
  readonly view: number;
  /** Requests in flight as decisions take them; the view, unless that is corrected. */
  readonly load: number;
  /**
   * exact: the ends of all requests are known. assumed: some were left to the gateway, and count
   * for a fixed time. reading: what the endpoint said of itself, and what was placed since.
   */
  readonly countedBy: 'exact' | 'assumed' | 'reading';
  /** Judged by how its responses end. */
  readonly health: 'trusted' | 'suspected' | 'quarantined' | 'trial';
  /** null unless it is in quarantine or on trial. */
  readonly quarantine: QuarantineReport | null;
  /**
   * The share of prompts that its engine finds in its cache, relative to what was expected of those
   * that were sent there; 1 where nothing is known.
   */
  readonly prefixBias: number;
  /** What it said of itself last; null: nothing, or it is not asked. */
  readonly reading: ReadingReport | null;
}

/** From the metrics of an endpoint's engine; null for what they do not have. */
export interface ReadingReport {
  readonly engine: string;
  /** The instance that asked. */
  readonly from: string;
  readonly ageMs: number;
  /** False: it is too old to be used. */
  readonly used: boolean;
  readonly waiting: number | null;
  readonly running: number | null;
  /** The share of its KV cache that is in use, 0 to 1. */
  readonly kvUse: number | null;
  /** Of about the last minute: the share of tokens of prompts that were in its prefix cache. */
  readonly cacheHitRate: number | null;
  /** Of about the last minute: the mean time to the first token. */
  readonly firstTokenMs: number | null;
}

export interface QuarantineReport {
  /** What its responses failed by. */
  readonly reason: PodFailure;
  /** Until the next trial request. */
  readonly remainingMs: number;
  /** How often its time was doubled. */
  readonly level: number;
  /** The instance that found the failures; null: this one. */
  readonly foundBy: string | null;
  /** False: it is used all the same, because too much of the pool is in quarantine. */
  readonly excluded: boolean;
}

export interface DrainReport {
  readonly startedAt: string;
  readonly open: number;
  readonly finished: number;
  readonly halfClosed: number;
  /** Requests of half-closed streams whose counts were handed off to the other instances. */
  readonly handedOff: number;
  /** Until the open streams are half-closed. */
  readonly graceLeftMs: number;
}

/**
 * The first decision that named an endpoint, and the view before it. It proves that the view was
 * loaded.
 */
export interface FirstDecision {
  readonly at: string;
  /** Requests in flight by address. */
  readonly view: Readonly<Record<string, number>>;
  readonly endpoint: string;
}
