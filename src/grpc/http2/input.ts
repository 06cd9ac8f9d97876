import type { Duplex } from 'node:stream';
import type { FairTurns, TurnTaker } from './fairTurns.ts';
import type { Output } from './output.ts';

const noBytes = Buffer.alloc(0);

/** While a peer leaves more than this unread, nothing is read from it. */
const maxUnreadBytes = 4 * 1024 * 1024;

export interface InputOptions {
  readonly socket: Duplex;
  readonly output: Output;
  readonly turns: FairTurns;
  /** The connection. */
  readonly taker: TurnTaker;
  /** Returns how many bytes it handled: not all when the slice is spent. Must not throw. */
  readonly handle: (bytes: Buffer) => number;
}

/**
 * What arrives on one connection: handled at once, or in later turns when this one is spent.
 * Nothing is read while something waits, or while the peer does not read.
 */
export class Input {
  readonly #options: InputOptions;
  #postponed: Buffer = noBytes;
  #isReading = true;

  constructor(options: InputOptions) {
    this.#options = options;
  }

  /** What waits for a later turn. */
  get postponedBytes(): number {
    return this.#postponed.length;
  }

  /** @param chunk valid only until this returns */
  receive(chunk: Buffer): void {
    const { turns, taker, handle } = this.#options;
    if (this.#postponed.length > 0) this.#postpone(Buffer.concat([this.#postponed, chunk]));
    else if (!turns.begin(taker)) this.#postpone(Buffer.from(chunk));
    else {
      const handled = handle(chunk);
      if (handled < chunk.length) this.#postpone(Buffer.from(chunk.subarray(handled)));
    }
    this.pauseOrResume();
  }

  /** To be called in a later turn. */
  continue(): void {
    const bytes = this.#postponed;
    this.#postponed = noBytes;
    const handled = this.#options.handle(bytes);
    if (handled < bytes.length) this.#postpone(bytes.subarray(handled));
    this.pauseOrResume();
  }

  pauseOrResume(): void {
    const { socket, output } = this.#options;
    const mustRead = this.#postponed.length === 0 && output.unreadBytes <= maxUnreadBytes;
    if (mustRead !== this.#isReading) socket[mustRead ? 'resume' : 'pause']();
    this.#isReading = mustRead;
  }

  drop(): void {
    this.#postponed = noBytes;
  }

  #postpone(rest: Buffer): void {
    this.#postponed = rest;
    this.#options.turns.wait(this.#options.taker);
  }
}
