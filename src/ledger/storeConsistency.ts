import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdSession, Inspection } from '../etcd/etcdSession.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { type Difference, differing } from './differences.ts';
import type { EtcdLedger } from './etcdLedger.ts';
import { compareViewSnapshot, revisionsOf, takeViewSnapshot } from './viewSnapshot.ts';

const askEveryMs = 10;

export type StoreComparison =
  | { readonly kind: 'compared'; readonly differences: readonly Difference[] }
  | { readonly kind: 'undecided'; readonly why: string };

export interface StoreConsistencyOptions {
  readonly store: EtcdSession;
  readonly ledger: EtcdLedger;
  readonly ownId: string;
  /** How long the watch may take to show an own write. */
  readonly timeoutMs: number;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
}

/**
 * Compares an instance's view with what is stored, while both change, without taking what is under way for lost.
 * The view is copied in one turn, together with the revision to which the watch has come, and the store is asked
 * what it held at exactly that revision. By that alone it would never be found that the last event was lost; so if
 * the store holds something else now, an own write is sent after it, and the watch has to come so far before the copy.
 *
 * All keys and versions are compared in each round, which is cheap; the counts of one peer in turn, because all of
 * them may be many megabytes.
 */
export class StoreConsistency {
  readonly #options: StoreConsistencyOptions;
  #round = 0;

  constructor(options: StoreConsistencyOptions) {
    this.#options = options;
  }

  /** @throws what etcd says when it cannot be asked */
  async compare(signal: AbortSignal): Promise<StoreComparison> {
    const { store, ledger, ownId } = this.#options;
    const inspection = store.inspect();
    if (inspection === undefined) return undecided('the store is not followed');
    const { progress: shown, leaseId, read } = inspection;
    const now = await read({ keysOnly: true });
    let { revision } = now;
    if (differing('watch', revisionsOf(now), shown.revisions).length > 0) {
      await this.#untilShown(revision, inspection, signal);
      if (shown.revision < revision) return undecided('the watch does not come to the present');
      revision = shown.revision;
    }
    if (!this.#isCurrent(inspection)) return undecided('the store is followed anew');

    const copy = takeViewSnapshot(ledger, ownId, shown, this.#round);
    const prefixes = [recordKeys.load + ownId, recordKeys.instances, recordKeys.handoffs];
    if (copy.peer !== undefined) prefixes.push(recordKeys.load + copy.peer);
    const [keys, ...values] = await Promise.all([
      read({ keysOnly: true, revision }),
      ...prefixes.map((prefix) => read({ prefix, revision })),
    ]);
    if (!this.#isCurrent(inspection)) return undecided('the store is followed anew');
    // A store that has lost its data counts its revisions anew. The lease is not in it either.
    if (keys.records.get(recordKeys.instances + ownId)?.leaseId !== leaseId) {
      return undecided('the lease is lost');
    }
    this.#round += 1;
    const records = new Map<string, Uint8Array>();
    for (const reading of values) for (const [key, { value }] of reading.records) records.set(key, value);
    return { kind: 'compared', differences: compareViewSnapshot(copy, keys, records) };
  }

  /** The watch began before and still goes on. */
  #isCurrent({ progress: shown }: Inspection): boolean {
    return this.#options.store.inspect()?.progress === shown;
  }

  async #untilShown(revision: number, inspection: Inspection, signal: AbortSignal): Promise<void> {
    const { ledger, timeoutMs, nowMs } = this.#options;
    const endMs = nowMs() + timeoutMs;
    ledger.publishAgain();
    while (inspection.progress.revision < revision && this.#isCurrent(inspection) && nowMs() < endMs) {
      await sleep(askEveryMs, undefined, { signal });
    }
  }
}

function undecided(why: string): StoreComparison {
  return { kind: 'undecided', why };
}
