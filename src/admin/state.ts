import type { DynamicConfigReport } from '../config/dynamic/dynamicConfig.ts';
import type { ConsistencyReport } from '../ledger/consistencyCheck.ts';
import type { Phase } from '../phase.ts';
import type { SteeringReport } from '../steering/steeringController.ts';

/**
 * What `/state` answers: one instance as it sees itself, its peers and its pool, in JSON. Types only.
 * Times of day are ISO 8601, durations are in ms. Fields may be added; none changes its meaning.
 */
export interface InstanceState {
  readonly instance: {
    readonly id: string;
    readonly release: string;
    readonly generation: number;
    readonly zone: string;
    readonly phase: Phase;
    /** Ready without the shared store: it decides on local state alone. */
    readonly degraded: boolean;
    readonly startedAt: string;
    /** Where it serves Envoy. */
    readonly addresses: readonly string[];
  };
  readonly readiness: Readiness;
  readonly store: StoreReport;
  readonly steering: SteeringReport;
  /** What is in force over the instance's own configuration; null when nothing is. */
  readonly dynamic: DynamicConfigReport | null;
  readonly peers: readonly PeerReport[];
  readonly handoffs: readonly HandoffReport[];
  readonly pool: readonly EndpointReport[];
  readonly streams: { readonly open: number };
  readonly consistency: ConsistencyReport;
  readonly drain: DrainReport | null;
  readonly firstDecision: FirstDecision | null;
}

/** Is the instance fit to take traffic; if not, everything that is missing, in words. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export interface StoreReport {
  readonly kind: 'memory' | 'etcd';
  readonly leaseHeld: boolean;
  /** null where the view is always current (memory). */
  readonly viewAgeMs: number | null;
  readonly syncLagMs: { readonly p50: number; readonly p99: number; readonly last: number } | null;
  readonly regrants: number;
  readonly recordsSkipped: number;
}

/** Requests whose instance has left. */
export interface HandoffReport {
  /** Who left them. */
  readonly instance: string;
  /** How many there were, all endpoints together. */
  readonly inFlight: number;
  /** How many of them are still taken into account. */
  readonly counted: number;
}

/** Another instance, as its records tell. */
export interface PeerReport {
  readonly id: string;
  readonly release: string;
  readonly generation: number;
  /** null when a newer release has a phase this one does not know. */
  readonly phase: Phase | null;
  /** Its requests in flight, all endpoints together. */
  readonly inFlight: number;
}

export interface EndpointReport {
  readonly address: string;
  readonly ready: boolean;
  readonly weight: number;
  /** This instance's own requests in flight. */
  readonly local: number;
  /** Everybody's; a fraction where old counts fade. */
  readonly view: number;
}

export interface DrainReport {
  readonly startedAt: string;
  readonly open: number;
  readonly finished: number;
  readonly halfClosed: number;
  /** Requests among the half-closed that the others have been told of. */
  readonly handedOff: number;
  /** Until what is left gets half-closed. */
  readonly graceLeftMs: number;
}

/** What the instance believed when it decided for the first time. */
export interface FirstDecision {
  readonly at: string;
  /** Requests in flight by address. */
  readonly view: Readonly<Record<string, number>>;
  readonly endpoint: string;
}
