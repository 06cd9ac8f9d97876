import type { RecordListener } from '../etcd/records.ts';
import { stateCodecs } from '../proto/stateCodecs.ts';
import type { PeerCounts } from './peerCounts.ts';

export function encodeContribution(sequence: number, counts: ReadonlyMap<string, number>): Uint8Array {
  const loads = [...counts].map(([address, inFlight]) => ({ address, in_flight: inFlight }));
  return stateCodecs.contribution.encode({ sequence, loads });
}

export interface ContributionsOptions {
  /** This instance's own id: its record is not a peer's. */
  readonly ownId: string;
  readonly peers: PeerCounts;
  readonly onOwn: (sequence: number) => void;
  readonly onUnreadable: (key: string, cause: unknown) => void;
}

/** Applies the records under `load/` to the peers' counts. */
export class Contributions implements RecordListener {
  readonly #options: ContributionsOptions;

  constructor(options: ContributionsOptions) {
    this.#options = options;
  }

  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void {
    const contributions = new Map<string, ReadonlyMap<string, number>>();
    for (const [id, value] of records) {
      const contribution = this.#read(id, value);
      if (contribution !== undefined && id !== this.#options.ownId)
        contributions.set(id, contribution.counts);
    }
    this.#options.peers.replaceAll(contributions);
  }

  onPut(id: string, value: Uint8Array): void {
    const contribution = this.#read(id, value);
    if (contribution === undefined) return;
    if (id === this.#options.ownId) this.#options.onOwn(contribution.sequence);
    else this.#options.peers.set(id, contribution.counts);
  }

  onDelete(id: string): void {
    this.#options.peers.delete(id);
  }

  /** An unreadable record leaves the last readable one in force. */
  #read(
    id: string,
    value: Uint8Array,
  ): { sequence: number; counts: ReadonlyMap<string, number> } | undefined {
    try {
      const { sequence, loads } = stateCodecs.contribution.decode(value);
      return { sequence, counts: new Map(loads.map(({ address, in_flight }) => [address, in_flight])) };
    } catch (cause) {
      this.#options.onUnreadable(id, cause);
      return undefined;
    }
  }
}
