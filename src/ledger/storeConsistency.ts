import { type Clock, delay } from '../clock.ts';
import type { EtcdSession, Inspection } from '../etcd/etcdSession.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import type { Difference } from './differences.ts';
import type { EtcdLedger } from './etcdLedger.ts';
import { usableValue } from './poolRecords.ts';
import {
  compareViewSnapshot,
  differingRevisions,
  followedIn,
  reportersOf,
  takeViewSnapshot,
} from './viewSnapshot.ts';

const pollIntervalMs = 10;

export type StoreComparison =
  | { readonly kind: 'compared'; readonly differences: readonly Difference[] }
  | { readonly kind: 'undecided'; readonly why: string };

export interface StoreConsistencyOptions {
  readonly store: EtcdSession;
  readonly ledger: EtcdLedger;
  readonly localId: string;
  /** How long the watch may take to deliver a write of this instance. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Compares an instance's view with etcd while both change, without taking late events for lost
 * ones. It copies the view in one turn of the event loop, together with the revision that the watch
 * has reached, and reads etcd at exactly that revision. That alone would not find the loss of the
 * last event; so if etcd differs now, the instance writes once more, and the watch must reach that
 * write before the view is copied.
 *
 * Each round compares all keys and versions, which is cheap, and the counts of one peer in turn,
 * because those of all peers may be many megabytes.
 */
export class StoreConsistency {
  readonly #options: StoreConsistencyOptions;
  #round = 0;

  constructor(options: StoreConsistencyOptions) {
    this.#options = options;
  }

  /** @throws etcd3's error when etcd does not answer in time */
  async compare(signal: AbortSignal): Promise<StoreComparison> {
    const { store, ledger, localId } = this.#options;
    const inspection = store.inspect();
    if (inspection === undefined) return undecided('the watch does not follow');
    const { progress, leaseId, read } = inspection;
    const ranges = progress.complete;
    const now = await read({ ranges, keysOnly: true });
    const seen = followedIn(ranges, progress);
    if ((await differingRevisions(now, seen)).length > 0) {
      await this.#untilReached(now.revision, inspection, signal);
      if (progress.revision < now.revision) return undecided('the watch is late');
    }
    const reporters = new Set([...(await reportersOf(seen.keys())), ...ledger.peerTotals.keys()]);
    const peers = [...reporters].filter((id) => id !== localId).sort();
    if (!this.#isCurrent(inspection)) return undecided('the records were read again');

    // In one turn: the view, and the revision that it shows.
    const view = takeViewSnapshot(ledger, localId, progress, peers[this.#round % Math.max(1, peers.length)]);
    const revision = Math.max(now.revision, progress.revision);
    const prefixes = [recordKeys.load + localId, recordKeys.handoffs];
    if (view.peer !== undefined) prefixes.push(recordKeys.load + view.peer.id);
    const [keys, instances, ...others] = await Promise.all([
      read({ ranges: view.ranges, keysOnly: true, revision }),
      read({ ranges: [{ prefix: recordKeys.instances }], revision }),
      ...prefixes.map((prefix) => read({ ranges: [{ prefix }], revision })),
    ]);
    if (!this.#isCurrent(inspection)) return undecided('the records were read again');
    // An etcd that lost its data has other revisions, and lost the lease as well. The lease comes
    // from a range with values: etcd 3.7 omits it from a range of keys.
    if (instances.records.get(recordKeys.instances + localId)?.leaseId !== leaseId) {
      return undecided('the lease is lost');
    }
    this.#round += 1;
    const records = new Map<string, Uint8Array>();
    for (const range of [instances, ...others]) {
      for (const [key, record] of range.records) {
        const value = usableValue(key, record);
        if (value !== undefined) records.set(key, value);
      }
    }
    return { kind: 'compared', differences: await compareViewSnapshot(view, keys, records) };
  }

  /** The watch has followed since the inspection. */
  #isCurrent({ progress }: Inspection): boolean {
    return this.#options.store.inspect()?.progress === progress;
  }

  async #untilReached(revision: number, inspection: Inspection, signal: AbortSignal): Promise<void> {
    const { ledger, timeoutMs, clock } = this.#options;
    const endMs = clock.nowMs() + timeoutMs;
    ledger.publishAgain();
    while (inspection.progress.revision < revision && this.#isCurrent(inspection) && clock.nowMs() < endMs) {
      await delay(clock, pollIntervalMs, signal);
      signal.throwIfAborted();
    }
  }
}

function undecided(why: string): StoreComparison {
  return { kind: 'undecided', why };
}
