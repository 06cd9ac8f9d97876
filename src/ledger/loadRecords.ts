import type { RecordChange } from '../etcd/records.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { type LoadChunk, LoadChunks } from './loadChunk.ts';
import { encodeLoads } from './loadRecord.ts';

/** With requests on more endpoints than this, an instance's counts are spread over many records. */
const spreadAbove = 256;
/** With no more than this they are gathered in one again. */
const gatherUpTo = 64;
/** In one transaction: the default of etcd's `--max-txn-ops`. */
const changesMost = 128;

export interface LoadRecordsOptions {
  readonly localId: string;
  /** The instance's counts; read at each publication. */
  readonly counts: ReadonlyMap<string, number>;
  /** Tokens assigned by address; undefined: they are not counted. */
  readonly tokens?: () => ReadonlyMap<string, number> | undefined;
}

export interface Publication {
  /** To be written in one transaction. */
  readonly changes: readonly RecordChange[];
  readonly sequence: number;
  /** The first this many picks of the instance are all in etcd then. */
  readonly publishedPicks: number;
}

interface Spread {
  readonly kind: 'spread';
  readonly chunks: LoadChunks;
  /**
   * The chunks whose stored record is out of date, the oldest change first; and the picks before
   * it.
   */
  readonly stale: Map<LoadChunk, number>;
  /** Addresses whose counts changed since the last publication. */
  readonly changed: Set<string>;
}

/** All counts in one record, or in many. */
type Layout = { readonly kind: 'gathered' } | Spread;

/**
 * Lays out an instance's load report over its records. The first, `load/<id>`, is in every
 * publication, since it has the sequence number. While few endpoints are busy, it has all counts.
 * When many are, each chunk of them moves into a record of its own, `load/<id>/<chunk>`, and only
 * changed chunks are written again: as many as one transaction takes, the oldest change first, the
 * rest with the next. At every revision the sum of the records is what the instance had in flight a
 * moment ago, so releases that do not know chunks, and take each record for an instance, have the
 * same view.
 *
 * gathered → spread     more than `spreadAbove` endpoints
 * spread   → gathered   no more than `gatherUpTo`, or `reset`
 */
export class LoadRecords {
  readonly #counts: ReadonlyMap<string, number>;
  readonly #tokens: () => ReadonlyMap<string, number> | undefined;
  readonly #key: string;
  #layout: Layout = { kind: 'gathered' };
  #mayHaveChunks = true;
  #sequence = 0;
  #picks = 0;

  constructor({ localId, counts, tokens }: LoadRecordsOptions) {
    this.#counts = counts;
    this.#tokens = tokens ?? (() => undefined);
    this.#key = recordKeys.load + localId;
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

  /** In the path of a request. */
  changed(address: string): void {
    if (this.#layout.kind === 'spread') this.#layout.changed.add(address);
  }

  /** What is stored is unknown: a write failed, or the lease is another one. */
  reset(): void {
    this.#layout = { kind: 'gathered' };
    this.#mayHaveChunks = true;
  }

  /** The last publication left out changes. */
  get hasMore(): boolean {
    const layout = this.#layout;
    return layout.kind === 'spread' ? layout.stale.size > 0 : this.#counts.size > spreadAbove;
  }

  /**
   * The next publication. It counts as written; call `reset` when the write failed.
   * @param picks how many picks this instance has made so far
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
    return this.#publish(changes, picks, picks);
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
    // Last, so that its sequence number acknowledges the other changes as well.
    changes.push(this.#putFirst(this.#loadsOfFirst(stale.keys())));
    const [leftOut] = stale.values();
    return this.#publish(changes, picks, leftOut ?? picks);
  }

  #writeChunk(chunk: LoadChunk): RecordChange {
    const key = this.chunkPrefix + chunk.name;
    for (const address of chunk.addresses) if (!this.#counts.has(address)) chunk.addresses.delete(address);
    if (chunk.addresses.size === 0) return { kind: 'delete', key };
    return { kind: 'put', key, value: encodeLoads(0, this.#loadsOf(chunk), this.#tokens()) };
  }

  #putFirst(loads: Iterable<readonly [string, number]>): RecordChange {
    return { kind: 'put', key: this.#key, value: encodeLoads(this.#sequence, loads, this.#tokens()) };
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

  #publish(changes: readonly RecordChange[], picks: number, publishedPicks: number): Publication {
    this.#picks = picks;
    return { changes, sequence: this.#sequence, publishedPicks };
  }
}

/** All chunks are in the first record at first; the next publications move them. */
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
