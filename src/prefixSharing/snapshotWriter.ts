import type { Clock } from '../clock.ts';
import type { LastingRecord } from '../etcd/lastingLease.ts';
import type { PodPrefixes } from '../prefix/podPrefixes.ts';
import type { InstanceRecord } from '../proto/records/instanceRecord.ts';
import { encodePodPrefixes } from '../proto/records/prefixRecords.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import type { PlacedPrompts } from '../scheduling/placedPrompts.ts';
import { shareOf } from '../scheduling/podShare.ts';
import type { SharingMetrics } from './metrics.ts';
import { bytesPerSecondEach, type SharingBudget, writeIntervalMs } from './sharingBudget.ts';

export interface SnapshotWriterOptions {
  readonly localId: string;
  readonly prompts: Pick<PlacedPrompts, 'addresses' | 'prefixesOf'>;
  readonly instances: () => ReadonlyMap<string, InstanceRecord>;
  readonly isInPool: (address: string) => boolean;
  readonly budget: () => SharingBudget;
  readonly scheme: () => number;
  readonly put: (records: readonly LastingRecord[]) => Promise<void>;
  readonly clock: Clock;
  readonly metrics: SharingMetrics;
}

/** Between two snapshots of one pod. */
const minAgeMs = 30_000;
/** In 4 bytes each, and a few for each time: at most about 48 KiB. */
const mostEntries = 8_192;
/** At once: each takes the event loop a millisecond. */
const mostSnapshots = 8;

/**
 * Writes the newest entries of the pods that fall to this instance, by a hash of both, to one
 * record of each pod: at most every 30 s, and only of pods that changed. An instance that joins
 * knows what is older than the logs by them.
 */
export class SnapshotWriter {
  readonly #options: SnapshotWriterOptions;
  readonly #written = new Map<string, { readonly changes: number; readonly atMs: number }>();
  /** What may be written now; below 0 after a write. */
  #allowance = 0;
  #nextWriteMs = 0;

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
  }

  /**
   * Writes what is due, within the budget.
   *
   * @param sinceMs time since the last call
   */
  async write(sinceMs: number): Promise<void> {
    const { budget, instances, put, clock, metrics, scheme } = this.#options;
    const bytesPerSecond = bytesPerSecondEach(budget(), instances().size);
    this.#allowance = Math.min(bytesPerSecond, this.#allowance + (bytesPerSecond * sinceMs) / 1000);
    const nowMs = clock.nowMs();
    if (this.#allowance <= 0 || nowMs < this.#nextWriteMs) return;
    const records: LastingRecord[] = [];
    const changes = new Map<string, number>();
    let bytes = 0;
    for (const [address, prefixes] of this.#due(nowMs)) {
      if (bytes >= this.#allowance || records.length >= mostSnapshots) break;
      const entries = prefixes.newestEntries(mostEntries);
      const value = encodePodPrefixes({ hashingScheme: scheme(), entries });
      records.push({ key: recordKeys.podPrefixes + address, value });
      changes.set(address, prefixes.changes);
      bytes += value.length;
    }
    if (records.length === 0) return;
    this.#nextWriteMs = nowMs + writeIntervalMs(budget(), instances().size);
    this.#allowance -= bytes;
    await put(records);
    metrics.prefixWrittenBytes.increase(bytes, 'pods');
    for (const [address, written] of changes) this.#written.set(address, { changes: written, atMs: nowMs });
  }

  /** Pods whose snapshots are to be written, those that wait longest first. */
  #due(nowMs: number): (readonly [string, PodPrefixes])[] {
    const { localId, prompts, isInPool } = this.#options;
    const isOwn = shareOf(localId, this.#writers());
    const due: (readonly [string, PodPrefixes])[] = [];
    const atMs = (address: string): number => this.#written.get(address)?.atMs ?? Number.NEGATIVE_INFINITY;
    for (const address of this.#written.keys()) if (!isInPool(address)) this.#written.delete(address);
    for (const address of prompts.addresses()) {
      const prefixes = prompts.prefixesOf(address);
      if (prefixes === undefined || nowMs - atMs(address) < minAgeMs) continue;
      const isChanged = prefixes.changes !== (this.#written.get(address)?.changes ?? 0);
      if (isChanged && isInPool(address) && isOwn(address)) due.push([address, prefixes]);
    }
    return due.sort(([a], [b]) => atMs(a) - atMs(b));
  }

  /** Ids of the instances that write snapshots. */
  #writers(): readonly string[] {
    return [...this.#options.instances().values()]
      .filter(
        ({ phase, hashingSchemes }) =>
          hashingSchemes !== undefined && phase !== 'draining' && phase !== 'stopped',
      )
      .map(({ id }) => id);
  }
}
