import type { RecordSubscription } from '../etcd/records.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import type { Log } from '../telemetry/log.ts';
import type { ProbeFailure } from './probeResult.ts';

/** Which endpoints exist, and which of them may be chosen now. */
export interface Pool {
  /** Every endpoint of the sources, ready or not. The array is replaced, never changed. */
  all(): readonly Endpoint[];
  /** The endpoints that may be chosen. The array is replaced, never changed. */
  ready(): readonly Endpoint[];
  /**
   * Calls back after every change of either list, and of the verdict on an endpoint. Returns a
   * function that stops it.
   */
  onChange(listener: () => void): () => void;
}

/**
 * Replaces the list of a source. @param isWhole false: more belong to it that are not known yet,
 * since a server has not answered; default: true
 */
export type OnEndpoints = (endpoints: readonly Endpoint[], isWhole?: boolean) => void;

/** A source of endpoints. */
export interface EndpointSource {
  /** For logs and problems: `static`, `file pods.yaml`, `etcd`. */
  readonly name: string;
  /** The records that it follows; for the start of the etcd session. */
  readonly subscription?: RecordSubscription | undefined;
  /**
   * Starts the source. Each call of `onEndpoints` replaces the source's list. Resolves after the
   * first call, or at once when the source does not wait for one; rejects when there can be none.
   */
  start(onEndpoints: OnEndpoints): Promise<void>;
  stop(): Promise<void>;
}

/** Which of the watched endpoints are healthy. */
export interface EndpointHealth {
  /** Replaces the set of watched endpoints. A new one is not healthy until its first verdict. */
  watch(addresses: ReadonlySet<string>): void;
  isHealthy(address: string): boolean;
  /** Why it is unhealthy; undefined while it is healthy or has no verdict. */
  faultOf(address: string): EndpointFault | undefined;
  /** Did its last probe fail? Cheap: called for each request. */
  isDoubtful(address: string): boolean;
  /** Calls back with each new verdict. Returns a function that stops it. */
  onVerdict(listener: (verdict: HealthChange) => void): () => void;
  stop(): Promise<void>;
}

export interface EndpointFault {
  readonly failure: ProbeFailure;
  /** For people. */
  readonly reason: string;
  /** When the first of its failed probes began, on the monotonic clock. */
  readonly sinceMs: number;
  /** It has been healthy before. */
  readonly everPassed: boolean;
}

/** Too few endpoints pass their probes: some that fail them are in use. */
export interface PoolPanic {
  readonly endpoints: number;
  readonly passing: number;
  readonly inUse: number;
}

export interface HealthChange {
  readonly address: string;
  readonly healthy: boolean;
  /** For a log line. */
  readonly reason: string;
}

/** Faults of a source that do not end the pool. */
export type PoolTrouble = 'broken-file' | 'failed-lookup' | 'duplicate-endpoint' | 'lost-api';

/** The pool's log and counters. */
export interface PoolReport {
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** @param source the name of the source with the fault */
  count(trouble: PoolTrouble, source: string): void;
  /** A panic began, or ended (undefined). */
  onPanic?(panic: PoolPanic | undefined): void;
  onVerdict?(change: HealthChange): void;
}
