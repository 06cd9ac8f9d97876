import type { RecordSubscription } from '../etcd/records.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import type { Log } from '../telemetry/log.ts';

/** Which endpoints exist, and which of them may be chosen now. */
export interface Pool {
  /** Every endpoint the sources name, ready or not. The array is replaced, never changed. */
  all(): readonly Endpoint[];
  /** The endpoints that may be chosen. The array is replaced, never changed. */
  ready(): readonly Endpoint[];
  /** Calls back after every change of either list; answers a function that stops it. */
  onChange(listener: () => void): () => void;
}

/** One place that endpoints are learned from. */
export interface EndpointSource {
  /** For logs and problems: `static`, `file pods.yaml`, `etcd`. */
  readonly name: string;
  /** The records that it listens to; to be handed to the session. */
  readonly subscription?: RecordSubscription;
  /**
   * Begins to tell; each call of `tell` replaces all that this source said before. Resolves when the source
   * has told once, or at once when it has nobody to wait for; rejects when it can never tell.
   */
  start(tell: (endpoints: readonly Endpoint[]) => void): Promise<void>;
  stop(): Promise<void>;
}

/** Which of the watched endpoints are fit to be chosen. */
export interface EndpointHealth {
  /** Replaces the set of endpoints that are looked at; a new one is unfit until its first verdict. */
  watch(addresses: ReadonlySet<string>): void;
  isHealthy(address: string): boolean;
  /** Calls back with each new verdict; answers a function that stops it. */
  onVerdict(listener: (verdict: HealthChange) => void): () => void;
  stop(): Promise<void>;
}

export interface HealthChange {
  readonly address: string;
  readonly healthy: boolean;
  /** Why, in words for a log line. */
  readonly reason: string;
}

/** What can go wrong with what the pool is told, without ending it; the names are metric labels. */
export type PoolTrouble = 'broken-file' | 'failed-lookup' | 'unreadable-record' | 'duplicate-endpoint';

/** Where the pool tells people of itself. */
export interface PoolReport {
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** @param source the name of the source it happened to */
  count(trouble: PoolTrouble, source: string): void;
}
