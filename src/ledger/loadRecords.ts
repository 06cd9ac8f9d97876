import type { RecordChange } from '../etcd/records.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { type LoadChunk, LoadChunks } from './loadChunk.ts';
import { encodeLoads } from './loadRecord.ts';

/** With requests on more endpoints than this an instance's counts are spread over many records, … */
const spreadAbove = 256;
/** … and with no more than this they are gathered in one again. */
const gatherUpTo = 64;
/** In one transaction: etcd's `--max-txn-ops`, unless somebody set it. */
const changesMost = 128;

export interface Publication {
  /** To be written in one step. */
  readonly changes: readonly RecordChange[];
  readonly sequence: number;
  /** Everything that was picked before this many picks is in the store then. */
  readonly picksTold: number;
}

interface Spread {
  readonly kind: 'spread';
  readonly chunks: LoadChunks;
  /** The chunks that the store does not have as they are, the oldest change first; and the picks before it. */
  readonly stale: Map<LoadChunk, number>;
  /** Addresses whose counts changed since the last publication. */
  readonly changed: Set<string>;
}

/** One record has all, or many. */
type Layout = { readonly kind: 'gathered' } | Spread;

/**
 * Which of an instance's own records say what it has in flight. The first, `load/<id>`, is in every
 * publication, since it bears the sequence number. While few endpoints are busy it has all counts. When many
 * are, each chunk of them moves into a record of its own, `load/<id>/<chunk>`, and only chunks in which
 * something changed are written again: as many as one transaction takes, the oldest change first, the rest
 * with the next. At every revision the sum of the records is what the instance had in flight a moment ago,
 * so releases that know nothing of chunks, and take each record for an instance, see the same view.
 *
 * gathered → spread     more than `spreadAbove` endpoints
 * spread   → gathered   no more than `gatherUpTo`, or `beginAnew`
 */
export class LoadRecords {
  readonly #counts: ReadonlyMap<string, number>;
  readonly #key: string;
  #layout: Layout = { kind: 'gathered' };
  #mayHaveChunks = true;
  #sequence = 0;
  #picks = 0;

  /** @param counts the instance's own, as they are at each moment */
  constructor({ ownId, counts }: { ownId: string; counts: ReadonlyMap<string, number> }) {
    this.#counts = counts;
    this.#key = recordKeys.load + ownId;
  }

  /** Of the records besides the first one. */
  get chunkPrefix(): string {
    return `${this.#key}/`;
  }

  /** Of the last publication. */
  get sequence(): number {
    return this.#sequence;
  }

  get firstKey(): string {
    return this.#key;
  }

  /** Is in the path of a request. */
  changed(address: string): void {
    if (this.#layout.kind === 'spread') this.#layout.changed.add(address);
  }

  /** Nobody knows what the store holds: a write failed, or the lease is another one. */
  reset(): void {
    this.#layout = { kind: 'gathered' };
    this.#mayHaveChunks = true;
  }

  /** The last publication could not take everything that changed before it. */
  get hasMore(): boolean {
    const layout = this.#layout;
    return layout.kind === 'spread' ? layout.stale.size > 0 : this.#counts.size > spreadAbove;
  }

  /**
   * What is to be written next. It is taken for written: say `beginAnew` when it was not.
   * @param picks how many this instance has made until now
   */
  next(picks: number): Publication {
    this.#sequence += 1;
    const { size } = this.#counts;
    if (this.#mayHaveChunks || size <= gatherUpTo) return this.#gather(picks);
    if (this.#layout.kind === 'spread') return this.#writeStale(this.#layout, picks);
    if (size <= spreadAbove) return this.#gather(picks);
    const spread = spreadOut(this.#counts.keys(), this.#picks);
    this.#layout = spread;
    return this.#writeStale(spread, picks);
  }

  #gather(picks: number): Publication {
    const changes: RecordChange[] = [];
    if (this.#mayHaveChunks || this.#layout.kind === 'spread') {
      changes.push({ kind: 'delete all', prefix: this.chunkPrefix });
    }
    changes.push(this.#putFirst(this.#counts));
    this.#layout = { kind: 'gathered' };
    this.#mayHaveChunks = false;
    return this.#publication(changes, picks, picks);
  }

  #writeStale({ chunks, stale, changed }: Spread, picks: number): Publication {
    for (const address of changed) {
      const chunk = chunks.of(address);
      chunk.addresses.add(address);
      if (!stale.has(chunk)) stale.set(chunk, this.#picks);
    }
    changed.clear();

    const changes: RecordChange[] = [];
    for (const chunk of stale.keys()) {
      if (changes.length === changesMost - 1) break;
      stale.delete(chunk);
      chunk.isInFirst = false;
      changes.push(this.#writeChunk(chunk));
    }
    // Last, so that whoever sees its sequence number has seen the rest.
    changes.push(this.#putFirst(this.#loadsOfFirst(stale.keys())));
    const [leftOut] = stale.values();
    return this.#publication(changes, picks, leftOut ?? picks);
  }

  #writeChunk(chunk: LoadChunk): RecordChange {
    const key = this.chunkPrefix + chunk.name;
    for (const address of chunk.addresses) if (!this.#counts.has(address)) chunk.addresses.delete(address);
    if (chunk.addresses.size === 0) return { kind: 'delete', key };
    return { kind: 'put', key, value: encodeLoads(0, this.#loadsOf(chunk)) };
  }

  #putFirst(loads: Iterable<readonly [string, number]>): RecordChange {
    return { kind: 'put', key: this.#key, value: encodeLoads(this.#sequence, loads) };
  }

  *#loadsOfFirst(stale: Iterable<LoadChunk>): Generator<readonly [string, number]> {
    for (const chunk of stale) if (chunk.isInFirst) yield* this.#loadsOf(chunk);
  }

  *#loadsOf({ addresses }: LoadChunk): Generator<readonly [string, number]> {
    for (const address of addresses) {
      const count = this.#counts.get(address);
      if (count !== undefined) yield [address, count];
    }
  }

  #publication(changes: readonly RecordChange[], picks: number, picksTold: number): Publication {
    this.#picks = picks;
    return { changes, sequence: this.#sequence, picksTold };
  }
}

/** All chunks are in the first record still, and move out with the next publications. */
function spreadOut(addresses: Iterable<string>, picks: number): Spread {
  const chunks = new LoadChunks();
  const stale = new Map<LoadChunk, number>();
  for (const address of addresses) {
    const chunk = chunks.of(address);
    chunk.addresses.add(address);
    chunk.isInFirst = true;
    stale.set(chunk, picks);
  }
  return { kind: 'spread', chunks, stale, changed: new Set() };
}
