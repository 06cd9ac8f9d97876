import type { Http2Stream } from './http2Stream.ts';

/** How long ago broken off streams are told from those that never were; the peer's late frames come at once. */
const rememberedResets = 1024;

/** What a stream id stands for. */
export type StreamPlace =
  | 'idle'
  /** Broken off from this side: the peer may not know yet, so what comes is ignored. */
  | 'reset-here'
  | 'closed';

/** The streams of a connection: those that are open, and what is known of the others. */
export class StreamTable {
  readonly #open = new Map<number, Http2Stream>();
  readonly #resetHere = new Set<number>();
  #lastId = 0;

  /** The highest id a client has used. */
  get lastId(): number {
    return this.#lastId;
  }

  get size(): number {
    return this.#open.size;
  }

  all(): Iterable<Http2Stream> {
    return this.#open.values();
  }

  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  /** Where an id belongs that is not open. */
  placeOf(id: number): StreamPlace {
    // Clients use odd numbers; the even ones, which are ours to use, stay idle for ever.
    if (id > this.#lastId || id % 2 === 0) return 'idle';
    return this.#resetHere.has(id) ? 'reset-here' : 'closed';
  }

  /** The client has used this id, and with it all below. */
  use(id: number): void {
    this.#lastId = id;
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
  }

  remove(id: number): void {
    this.#open.delete(id);
  }

  rememberReset(id: number): void {
    this.#resetHere.add(id);
    if (this.#resetHere.size <= rememberedResets) return;
    const [oldest] = this.#resetHere;
    this.#resetHere.delete(oldest as number);
  }

  clear(): void {
    this.#open.clear();
    this.#resetHere.clear();
  }
}
