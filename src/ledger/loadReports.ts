import type { RecordListener, RecordSnapshot } from '../etcd/records.ts';
import { judgeId } from '../proto/records/fields.ts';
import { KnownRecords, reporterOf } from './knownRecords.ts';
import { forEachDifference, LoadList } from './loadRecord.ts';
import { CountSums, type PeerCounts } from './peerCounts.ts';

export interface LoadReportsOptions {
  /** Its load reports are not counted as a peer's. */
  readonly localId: string;
  readonly peers: PeerCounts;
  /** The watch delivered this instance's load report with this sequence number. */
  readonly onLocal: (sequence: number) => void;
  readonly onUnreadable: (key: string, cause: unknown) => void;
}

/**
 * Applies the records under `load/` to the peers' counts. An instance has `<id>` and, when it is
 * busy on many endpoints, `<id>/<chunk>`; its load is their sum. The bytes of each record are kept,
 * so that only the differences of its next version are applied. They are kept as Latin-1 strings,
 * which take a fraction of the memory of small byte arrays.
 */
export class LoadReports implements RecordListener {
  readonly #options: LoadReportsOptions;
  #known = new KnownRecords();
  #onPeerReport: (reporter: string) => void = () => {};
  #onPeerTokens: (address: string) => void = () => {};
  #scratch = Buffer.alloc(0);
  readonly #before = new LoadList();
  readonly #after = new LoadList();

  constructor(options: LoadReportsOptions) {
    this.#options = options;
  }

  beginSnapshot(): RecordSnapshot {
    const { localId, peers } = this.#options;
    const known = new KnownRecords();
    const sums = new CountSums();
    const withoutTokens = new Set<string>();
    return {
      put: (key, value) => {
        const reporter = reporterOf(key);
        if (reporter === localId || !this.#canRead(key, value)) return 0;
        const loads = this.#after;
        for (let i = 0; i < loads.length; i += 1) sums.add(reporter, loads.address(i), loads.inFlight(i));
        if (key === reporter && !loads.hasTokens) withoutTokens.add(reporter);
        known.set(key, latin1Of(value));
        return value.length;
      },
      finish: () => {
        this.#known = known;
        peers.replace(sums, withoutTokens);
      },
    };
  }

  onPut(key: string, value: Uint8Array): void {
    if (!this.#canRead(key, value)) return;
    if (key === this.#options.localId) this.#options.onLocal(this.#after.sequence);
    else if (reporterOf(key) !== this.#options.localId) {
      this.#replace(key, value);
      if (key.includes('/')) return;
      this.#options.peers.reportsTokens(key, this.#after.hasTokens);
      this.#onPeerReport(key);
    }
  }

  onDelete(key: string): void {
    this.#after.clear();
    this.#applyDifference(key);
    this.#known.delete(key);
    this.#options.peers.reportsTokens(key, true);
  }

  /** The size of all kept records. */
  get knownBytes(): number {
    return this.#known.bytes;
  }

  /** The kept records as they are now, by reporter; for the consistency check. */
  records(reporter: string): readonly string[] {
    return [...this.#known.of(reporter)];
  }

  /** Calls back when the watch delivers a load report of a peer. */
  onPeerReport(listener: (reporter: string) => void): void {
    this.#onPeerReport = listener;
  }

  /** Calls back when a peer has assigned more tokens to the address; they are counted then. */
  onPeerTokens(listener: (address: string) => void): void {
    this.#onPeerTokens = listener;
  }

  /** The peers that have a load report. */
  reporters(): Iterable<string> {
    return this.#known.reporters();
  }

  /** An unreadable record leaves the last readable one in force. */
  #canRead(key: string, value: Uint8Array): boolean {
    try {
      judgeId('the id in the key', reporterOf(key));
      this.#after.read(value);
      return true;
    } catch (cause) {
      this.#options.onUnreadable(key, cause);
      return false;
    }
  }

  #replace(key: string, value: Uint8Array): void {
    this.#applyDifference(key);
    this.#known.set(key, latin1Of(value));
  }

  /** Valid until the next call. */
  #bytesOf(known: string): Uint8Array {
    if (this.#scratch.length < known.length) this.#scratch = Buffer.alloc(2 * known.length);
    return this.#scratch.subarray(0, this.#scratch.write(known, 'latin1'));
  }

  #applyDifference(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) this.#before.clear();
    else this.#before.read(this.#bytesOf(known));
    const reporter = reporterOf(key);
    const { peers } = this.#options;
    forEachDifference(this.#before, this.#after, (address, difference, newTokens) => {
      if (difference !== 0) peers.add(reporter, address, difference);
      if (newTokens === 0) return;
      peers.addTokens(address, newTokens);
      this.#onPeerTokens(address);
    });
  }
}

/** Adds up the counts of kept records, one at each step. */
export function* addUp(records: Iterable<string>, counts: Map<string, number>): Iterable<void> {
  const loads = new LoadList();
  for (const record of records) {
    loads.read(Buffer.from(record, 'latin1')).addTo(counts);
    yield;
  }
}

function latin1Of({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}
