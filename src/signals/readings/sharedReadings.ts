import type { Clock } from '../../clock.ts';
import type { RecordChange, RecordListener, RecordSnapshot } from '../../etcd/records.ts';
import { Publisher } from '../../ledger/publisher.ts';
import { decodeReading, encodeReading, type PodReading } from '../../proto/records/podReading.ts';
import { recordKeys } from '../../proto/records/recordKeys.ts';
import type { PodReadings } from './podReadings.ts';

export interface SharedReadingsOptions {
  readonly localId: string;
  readonly store: { change(changes: readonly RecordChange[]): Promise<void> };
  readonly readings: PodReadings;
  readonly isInPool: (address: string) => boolean;
  /** The least time between two writes: readings that come within it are one. */
  readonly minIntervalMs: () => number;
  readonly clock: Clock;
  readonly onUnreadable: (key: string, cause: unknown) => void;
}

const retryMs = 200;
/** In one transaction: below the default of etcd's `--max-txn-ops`. */
const mostChanges = 100;

interface Unwritten {
  readonly reading: PodReading;
  readonly atMs: number;
}

/**
 * Gives the readings of the pods that this instance asks to the others, each as a record of its
 * own, and takes theirs. A record that was there before is not used: its age is not known, and the
 * next one comes within a second.
 */
export class SharedReadings implements RecordListener {
  readonly #options: SharedReadingsOptions;
  readonly #publisher: Publisher;
  /** By address; the next write takes the first of them. */
  readonly #unwritten = new Map<string, Unwritten>();
  /** Pods whose record this instance wrote. */
  readonly #written = new Set<string>();
  /** Records of pods that are in the pool no more. */
  readonly #obsolete = new Set<string>();

  constructor(options: SharedReadingsOptions) {
    this.#options = options;
    this.#publisher = new Publisher({
      write: () => this.#write(),
      minIntervalMs: () => options.minIntervalMs(),
      retryMs,
      clock: options.clock,
    });
  }

  /** A pod has answered this instance. */
  publish(address: string, reading: PodReading): void {
    this.#unwritten.set(address, { reading, atMs: this.#options.clock.nowMs() });
    this.#publisher.changed();
  }

  /** The records of other pods are removed with the next write. */
  keep(addresses: ReadonlySet<string>): void {
    for (const address of this.#written) {
      if (addresses.has(address)) continue;
      this.#written.delete(address);
      this.#unwritten.delete(address);
      this.#obsolete.add(address);
    }
  }

  stop(): Promise<void> {
    return this.#publisher.stop();
  }

  beginSnapshot(): RecordSnapshot {
    return { put: () => 0, finish() {} };
  }

  onPut(address: string, value: Uint8Array): void {
    const { isInPool, localId, onUnreadable, readings } = this.#options;
    if (!isInPool(address)) return;
    try {
      const stored = decodeReading(value);
      // It is known already, and was newer then.
      if (stored.from !== localId) readings.add(address, stored);
    } catch (cause) {
      onUnreadable(address, cause);
    }
  }

  /** The instance that asked is gone, the pod may be as it was: its last reading grows old. */
  onDelete(): void {}

  async #write(): Promise<void> {
    const { clock, localId, store } = this.#options;
    const taken = [...this.#unwritten].slice(0, mostChanges);
    if (taken.length === 0) return;
    const removed = [...this.#obsolete].slice(0, mostChanges - taken.length);
    const nowMs = clock.nowMs();
    // A put comes last: it carries the order (etcd/orderedWrites.ts).
    const changes: RecordChange[] = [
      ...removed.map((address) => ({ kind: 'delete', key: recordKeys.signals + address }) as const),
      ...taken.map(([address, { reading, atMs }]) => {
        const value = encodeReading({ reading, ageMs: nowMs - atMs, from: localId });
        return { kind: 'put', key: recordKeys.signals + address, value } as const;
      }),
    ];
    await store.change(changes);
    for (const [address, entry] of taken) {
      this.#written.add(address);
      if (this.#unwritten.get(address) === entry) this.#unwritten.delete(address);
    }
    for (const address of removed) this.#obsolete.delete(address);
    if (this.#unwritten.size > 0) this.#publisher.changed();
  }
}
