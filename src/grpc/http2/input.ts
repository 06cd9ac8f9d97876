import type { FairTurns, TurnTaker } from './fairTurns.ts';

const noBytes = Buffer.alloc(0);

export interface InputOptions {
  readonly turns: FairTurns;
  /** The connection. */
  readonly taker: TurnTaker;
  /** Returns how many bytes it handled: not all when the slice is spent. Must not throw. */
  readonly handle: (bytes: Buffer) => number;
}

/** What arrives on one connection: handled at once, or in later turns when this one is spent. */
export class Input {
  readonly #options: InputOptions;
  #postponed: Buffer = noBytes;

  constructor(options: InputOptions) {
    this.#options = options;
  }

  /** What waits for a later turn. Nothing should be read meanwhile. */
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
  }

  /** To be called in a later turn. */
  continue(): void {
    const bytes = this.#postponed;
    this.#postponed = noBytes;
    const handled = this.#options.handle(bytes);
    if (handled < bytes.length) this.#postpone(bytes.subarray(handled));
  }

  drop(): void {
    this.#postponed = noBytes;
  }

  #postpone(rest: Buffer): void {
    this.#postponed = rest;
    this.#options.turns.wait(this.#options.taker);
  }
}
