import type { Phase } from '../phase.ts';
import type { InstanceState } from './state.ts';

/** What `baton status` shows, whoever was asked. It is also what `--json` prints. */
export interface StatusReport {
  readonly pool: string;
  /** Who was asked: `admin 127.0.0.1:9090`, `etcd http://127.0.0.1:2379`. */
  readonly source: string;
  readonly instances: readonly InstanceLine[];
  readonly endpoints: readonly EndpointLine[];
  /** Of the requests in flight: those whose instance has left, as far as they still count. */
  readonly handedOff: number;
  /** Records that could not be read. */
  readonly recordsSkipped: number;
}

export interface InstanceLine {
  readonly id: string;
  readonly release: string;
  readonly generation: number;
  /** null when it is of a newer release and in a phase this one does not know. */
  readonly phase: Phase | null;
  /** Its own requests in flight. */
  readonly inFlight: number;
}

export interface EndpointLine {
  readonly address: string;
  /** null where who was asked does not know: health is each instance's own knowledge. */
  readonly ready: boolean | null;
  /** Everybody's requests in flight. */
  readonly inFlight: number;
}

/** What one instance's `/state` tells of itself and its peers. */
export function reportOfState(state: InstanceState, pool: string, source: string): StatusReport {
  const { id, release, generation, phase } = state.instance;
  const own = state.pool.reduce((sum, endpoint) => sum + endpoint.local, 0);
  return {
    pool,
    source,
    instances: [
      { id, release, generation, phase, inFlight: own },
      ...state.peers.map((peer) => ({
        id: peer.id,
        release: peer.release,
        generation: peer.generation,
        phase: peer.phase,
        inFlight: peer.inFlight,
      })),
    ],
    endpoints: state.pool.map(({ address, ready, view }) => ({ address, ready, inFlight: view })),
    handedOff: state.handoffs.reduce((sum, { counted }) => sum + counted, 0),
    recordsSkipped: state.store.recordsSkipped,
  };
}
