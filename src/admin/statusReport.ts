import type { Phase } from '../phase.ts';
import type { EndpointReport, InstanceState, ReadingReport } from './state.ts';

/** What `baton status` prints, from an instance or from etcd. `--json` prints it as it is. */
export interface StatusReport {
  readonly pool: string;
  /** Where it was read: `admin 127.0.0.1:9090`, `etcd http://127.0.0.1:2379`. */
  readonly source: string;
  readonly instances: readonly InstanceLine[];
  readonly endpoints: readonly EndpointLine[];
  /** Requests in flight whose instance has stopped, as far as the view still counts them. */
  readonly handedOff: number;
  /** Records that are not used: unreadable, too large, too many, or without a lease. */
  readonly recordsSkipped: number;
}

export interface InstanceLine {
  readonly id: string;
  readonly release: string;
  readonly generation: number;
  /** null for a phase that only a newer release knows. */
  readonly phase: Phase | null;
  /** It serves without etcd; null where only it knows. */
  readonly degraded: boolean | null;
  /** None of its endpoints is ready; null where that is unknown. */
  readonly withoutEndpoints: boolean | null;
  /** Requests in flight through it. */
  readonly inFlight: number;
}

export interface EndpointLine {
  readonly address: string;
  /** null from etcd: each instance probes the endpoints for itself. */
  readonly ready: boolean | null;
  /** By how its responses end; null from etcd where no instance has found anything. */
  readonly health: EndpointReport['health'] | null;
  /** What its responses failed by; null unless it is in quarantine or on trial. */
  readonly reason: string | null;
  /** Requests in flight, as decisions take them; from etcd, through all instances. */
  readonly inFlight: number;
  /** How they are known; null from etcd. */
  readonly countedBy: EndpointReport['countedBy'] | null;
  /** What the metrics of its engine said last; null: nothing, or that is too old. */
  readonly reading: EngineLine | null;
}

/** null for what the metrics do not have, and from etcd for rates. */
export type EngineLine = Pick<ReadingReport, 'running' | 'waiting' | 'cacheHitRate' | 'firstTokenMs'>;

/** The report of an instance's `/state`: itself and its peers. */
export function reportOfState(state: InstanceState, pool: string, source: string): StatusReport {
  const { id, release, generation, phase, degraded, withoutEndpoints } = state.instance;
  const local = state.pool.reduce((sum, endpoint) => sum + endpoint.local, 0);
  return {
    pool,
    source,
    instances: [
      { id, release, generation, phase, degraded, withoutEndpoints, inFlight: local },
      ...state.peers.map((peer) => ({
        id: peer.id,
        release: peer.release,
        generation: peer.generation,
        phase: peer.phase,
        degraded: null,
        withoutEndpoints: null,
        inFlight: peer.inFlight,
      })),
    ],
    endpoints: state.pool.map(({ address, ready, health, quarantine, load, countedBy, reading }) => ({
      address,
      ready,
      health,
      reason: quarantine?.reason ?? null,
      inFlight: load,
      countedBy,
      reading: reading?.used ? engineLine(reading) : null,
    })),
    handedOff: state.handoffs.reduce((sum, { counted }) => sum + counted, 0),
    recordsSkipped: state.store.recordsSkipped,
  };
}

/** An instance of an older release does not know the rates. */
function engineLine({ running, waiting, cacheHitRate, firstTokenMs }: ReadingReport): EngineLine {
  return { running, waiting, cacheHitRate: cacheHitRate ?? null, firstTokenMs: firstTokenMs ?? null };
}
