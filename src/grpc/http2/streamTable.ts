import { streamDeadlineMs } from './deadlines.ts';
import type { FairTurns } from './fairTurns.ts';
import type { Http2Stream } from './http2Stream.ts';

/** How many resets are remembered: a peer's late frames follow soon after the reset. */
const rememberedResets = 1024;
/** A change of the initial window visits so many in the time of a unit: most wait for nothing. */
const streamsPerUnit = 64;

/** The state of an id without an open stream. */
export type UnopenedKind =
  | 'idle'
  /** Reset from this side: the peer may not know yet, so its frames are ignored. */
  | 'reset-sent'
  | 'closed';

/** The open streams of a connection, and the states of all other ids. */
export class StreamTable {
  readonly #open = new Map<number, Http2Stream>();
  readonly #resetSent = new Set<number>();
  #lastId = 0;

  /** The highest id that the client has used. */
  get lastId(): number {
    return this.#lastId;
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  /** @param id of no open stream */
  kindOf(id: number): UnopenedKind {
    // Even ids are the server's, which opens no streams.
    if (id > this.#lastId || id % 2 === 0) return 'idle';
    return this.#resetSent.has(id) ? 'reset-sent' : 'closed';
  }

  /** The client has used this id, and thereby all below (RFC 9113, section 5.1.1). */
  use(id: number): void {
    this.#lastId = id;
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
  }

  remove(id: number): void {
    this.#open.delete(id);
  }

  recordReset(id: number): void {
    this.#resetSent.add(id);
    if (this.#resetSent.size <= rememberedResets) return;
    const [oldest] = this.#resetSent;
    this.#resetSent.delete(oldest as number);
  }

  /**
   * Changes the windows of all open streams.
   *
   * @returns false when one would exceed 2^31-1
   */
  growAllWindows(bytes: number, turns: Pick<FairTurns, 'spend'>): boolean {
    turns.spend(this.#open.size / streamsPerUnit);
    for (const stream of this.#open.values()) if (!stream.growWindow(bytes)) return false;
    return true;
  }

  /** Streams that have waited for their peer for too long, as the checks saw it. */
  *overdue(elapsedMs: number): Iterable<Http2Stream> {
    for (const stream of this.#open.values()) {
      if (!stream.isAwaited) continue;
      stream.awaitedSinceMs ??= elapsedMs;
      if (elapsedMs - stream.awaitedSinceMs >= streamDeadlineMs) yield stream;
    }
  }

  /**
   * Removes and aborts streams until the slice is spent.
   *
   * @returns whether none is left
   */
  abortAll(turns: Pick<FairTurns, 'spend'>, onUnexpectedError: (error: unknown) => void): boolean {
    for (const stream of this.#open.values()) {
      this.#open.delete(stream.id);
      try {
        stream.abort('error');
      } catch (error) {
        onUnexpectedError(error);
      }
      if (turns.spend(1)) break;
    }
    return this.#open.size === 0;
  }
}
