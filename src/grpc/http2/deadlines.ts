import { lateCheckMs } from './keepalive.ts';

/**
 * How long a peer may take to finish what it began, and may keep a connection without a stream. No
 * proxy that works comes near them: what it sends, it sends at once.
 */
export const deadlinesMs = {
  /** The preface and the first SETTINGS frame: as long as a TLS handshake. */
  preface: 10_000,
  frame: 30_000,
  headerBlock: 30_000,
  /** Then it is asked to leave, and a proxy opens another connection when it needs one. */
  idle: 300_000,
  /** Asked to leave, and without a stream. */
  leaving: 10_000,
};

/** A message, or the room for a reply. Then the stream is reset. */
export const streamDeadlineMs = 30_000;

export type DeadlineKind = keyof typeof deadlinesMs;

/**
 * What a connection has begun and not finished. A mark stays the same for as long as it is the same
 * frame (or block, or idle time), and is undefined when there is none.
 */
export type Unfinished = Readonly<Record<DeadlineKind, number | undefined>>;

const kinds = Object.keys(deadlinesMs) as DeadlineKind[];

/** The deadlines of one connection, as checks about once a second see them. Reads no clock. */
export class Deadlines {
  readonly #begun = new Map<DeadlineKind, { readonly mark: number; readonly sinceMs: number }>();
  #checkedMs: number;
  /** Time in which this process ran. */
  #elapsedMs = 0;

  constructor(nowMs: number) {
    this.#checkedMs = nowMs;
  }

  /** @returns the time that counts for deadlines, in ms since the beginning */
  advance(nowMs: number): number {
    this.#elapsedMs += Math.min(nowMs - this.#checkedMs, lateCheckMs);
    this.#checkedMs = nowMs;
    return this.#elapsedMs;
  }

  /** As the last check saw it. */
  get idleMs(): number {
    const begun = this.#begun.get('idle');
    return begun === undefined ? 0 : this.#elapsedMs - begun.sinceMs;
  }

  /** @returns what has taken too long since `advance` */
  overdue(unfinished: Unfinished): DeadlineKind | undefined {
    return kinds.find((kind) => this.#ageMs(kind, unfinished[kind]) >= deadlinesMs[kind]);
  }

  #ageMs(kind: DeadlineKind, mark: number | undefined): number {
    const begun = this.#begun.get(kind);
    if (mark === undefined) this.#begun.delete(kind);
    else if (begun?.mark === mark) return this.#elapsedMs - begun.sinceMs;
    else this.#begun.set(kind, { mark, sinceMs: this.#elapsedMs });
    return 0;
  }
}
