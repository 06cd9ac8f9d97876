import type { OnReachedLimit } from './http2/limits.ts';

/** How often connections that have lost their streams are searched for. */
const searchIntervalMs = 1_000;

/** A connection, as OpenConnections sees it. */
export interface DisplaceableConnection {
  /**
   * How long it has had no stream, about; Infinity if it never had one, undefined while it has. It
   * must be cheap.
   */
  readonly idleMs: number | undefined;
  /** Ends it at once, and reports the limit. */
  evict(limit: 'connections', message: string): void;
}

export interface OpenConnectionsOptions {
  /** The most connections at once. */
  readonly limit: number;
  /** Called when a connection is refused. */
  readonly onReachedLimit: OnReachedLimit;
  readonly nowMs: () => number;
}

/**
 * The open connections of one server. At the limit a new one takes the place of one without a
 * stream, so that connections that do nothing keep no client out: first those that never had one,
 * then those that have had none for longest. It is refused only while every connection has one.
 */
export class OpenConnections<C extends DisplaceableConnection> {
  readonly #options: OpenConnectionsOptions;
  readonly #open = new Set<C>();
  /** All that never had a stream, and some that had, oldest first. */
  readonly #unused = new Set<C>();
  /** In the opposite order. They were idle at the last search, which serves many newcomers. */
  #candidates: C[] = [];
  #searchedMs = Number.NEGATIVE_INFINITY;

  constructor(options: OpenConnectionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): Iterator<C> {
    return this.#open.values();
  }

  add(connection: C): void {
    this.#open.add(connection);
    this.#unused.add(connection);
  }

  delete(connection: C): void {
    this.#open.delete(connection);
    this.#unused.delete(connection);
  }

  /** @returns false when a new connection must be refused */
  makeRoom(): boolean {
    const { limit, onReachedLimit } = this.#options;
    if (this.#open.size < limit) return true;
    const displaced = this.#oldestUnused() ?? this.#nextCandidate();
    if (displaced === undefined) onReachedLimit('connections');
    else displaced.evict('connections', 'another connection needs the place of this one');
    return displaced !== undefined;
  }

  #oldestUnused(): C | undefined {
    for (const connection of this.#unused) {
      if (connection.idleMs === Number.POSITIVE_INFINITY) return connection;
      this.#unused.delete(connection);
    }
    return undefined;
  }

  #nextCandidate(): C | undefined {
    const nowMs = this.#options.nowMs();
    if (this.#candidates.length === 0 && nowMs - this.#searchedMs >= searchIntervalMs) {
      this.#searchedMs = nowMs;
      this.#candidates = this.#search();
    }
    while (this.#candidates.length > 0) {
      const next = this.#candidates.pop();
      // It may have closed, or have got a stream.
      if (next !== undefined && this.#open.has(next) && next.idleMs !== undefined) return next;
    }
    return undefined;
  }

  #search(): C[] {
    const idle: { readonly connection: C; readonly idleMs: number }[] = [];
    for (const connection of this.#open) {
      const { idleMs } = connection;
      if (idleMs !== undefined) idle.push({ connection, idleMs });
    }
    idle.sort((a, b) => b.idleMs - a.idleMs);
    // Of equals the oldest is the last.
    return idle.map(({ connection }) => connection).reverse();
  }
}
