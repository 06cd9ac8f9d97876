import type { RecordListener } from '../etcd/records.ts';
import { forEachDifference, LoadList } from './loadRecord.ts';
import type { PeerCounts } from './peerCounts.ts';

export interface LoadReportsOptions {
  /** This instance's own id: its records are not a peer's. */
  readonly ownId: string;
  readonly peers: PeerCounts;
  readonly onOwn: (sequence: number) => void;
  readonly onUnreadable: (key: string, cause: unknown) => void;
}

/**
 * Applies the records under `load/` to the peers' counts. One instance's are `<id>` and, when it is busy on
 * many endpoints, `<id>/<chunk>`; what it has in flight is the sum of them. Of each the bytes are kept, so
 * that of the next version only what differs is looked at. They are kept as strings of one byte a character: an
 * array of bytes weighs several times what a small record has in it.
 */
export class LoadReports implements RecordListener {
  readonly #options: LoadReportsOptions;
  readonly #known = new Map<string, string>();
  #scratch = Buffer.alloc(0);
  readonly #before = new LoadList();
  readonly #after = new LoadList();

  constructor(options: LoadReportsOptions) {
    this.#options = options;
  }

  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void {
    this.#known.clear();
    this.#options.peers.reset();
    for (const [key, value] of records) {
      if (reporterOf(key) !== this.#options.ownId && this.#canRead(key, value)) this.#replace(key, value);
    }
  }

  onPut(key: string, value: Uint8Array): void {
    if (!this.#canRead(key, value)) return;
    if (key === this.#options.ownId) this.#options.onOwn(this.#after.sequence);
    else if (reporterOf(key) !== this.#options.ownId) this.#replace(key, value);
  }

  onDelete(key: string): void {
    this.#after.clear();
    this.#applyDifference(key);
    this.#known.delete(key);
  }

  /** How much is kept. */
  get knownBytes(): number {
    let bytes = 0;
    for (const value of this.#known.values()) bytes += value.length;
    return bytes;
  }

  /** Read anew from what is kept, by reporter; for those who compare. */
  byReporter(wanted?: string): Map<string, Map<string, number>> {
    const all = new Map<string, Map<string, number>>();
    for (const [key, value] of this.#known) {
      const reporter = reporterOf(key);
      if (wanted !== undefined && reporter !== wanted) continue;
      const counts = all.get(reporter) ?? new Map<string, number>();
      all.set(reporter, counts);
      const loads = this.#before.read(this.#bytesOf(value));
      for (let i = 0; i < loads.length; i += 1) {
        const address = loads.address(i);
        counts.set(address, (counts.get(address) ?? 0) + loads.inFlight(i));
      }
    }
    return all;
  }

  /** An unreadable record leaves the last readable one in force. */
  #canRead(key: string, value: Uint8Array): boolean {
    try {
      this.#after.read(value);
      return true;
    } catch (cause) {
      this.#options.onUnreadable(key, cause);
      return false;
    }
  }

  #replace(key: string, value: Uint8Array): void {
    this.#applyDifference(key);
    const { buffer, byteOffset, length } = value;
    this.#known.set(key, Buffer.from(buffer, byteOffset, length).toString('latin1'));
  }

  /** Until the next call. */
  #bytesOf(known: string): Uint8Array {
    if (this.#scratch.length < known.length) this.#scratch = Buffer.alloc(2 * known.length);
    return this.#scratch.subarray(0, this.#scratch.write(known, 'latin1'));
  }

  #applyDifference(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) this.#before.clear();
    else this.#before.read(this.#bytesOf(known));
    const reporter = reporterOf(key);
    forEachDifference(this.#before, this.#after, (address, difference) =>
      this.#options.peers.add(reporter, address, difference),
    );
  }
}

/** Ids have no slash. */
export function reporterOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? key : key.slice(0, slash);
}
