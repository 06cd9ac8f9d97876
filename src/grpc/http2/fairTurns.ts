/** What the connections may use of one turn of the event loop, before timers and new input. */
const turnMs = 10;
/** How long a connection may work before the others that wait. */
const sliceMs = 1;
/** A frame is a unit, and so are its KiB and the visit of a stream: some microseconds. */
const unitsPerClockRead = 16;

/** A connection, as FairTurns sees it. */
export interface TurnTaker {
  /** Goes on until its slice is spent, and calls `wait` if work is left. Must not throw. */
  work(): void;
}

/**
 * Shares the event loop among the connections of one server. Received bytes are handled at once,
 * until the connection has spent its slice, or all together have spent the turn. What is left waits
 * for later turns, round robin: in turn one that has had no slice yet, and one that has.
 *
 * The clock is read once in `unitsPerClockRead` units, whichever connections they belong to, so
 * that a server that has little to do hardly reads it.
 */
export class FairTurns {
  readonly #nowMs: () => number;
  readonly #onNextTurn = (): void => this.#runWaiting();
  /** Their input came when the turn was spent. */
  readonly #unserved = new Set<TurnTaker>();
  /** They had a slice and have work left. */
  readonly #served = new Set<TurnTaker>();
  #prefersServed = false;
  #unitsLeft = unitsPerClockRead;
  #running: TurnTaker | undefined;
  /** 0: it began, and the clock has not been read since. */
  #sliceEndMs = 0;
  #turnEndMs = 0;
  #isSpent = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @returns false when this turn is spent: the connection must `wait` */
  begin(taker: TurnTaker): boolean {
    if (this.#isSpent) return false;
    if (taker !== this.#running) this.#startSlice(taker);
    return true;
  }

  /** @returns true when the slice is spent: the connection must stop, and `wait` */
  spend(units: number): boolean {
    this.#unitsLeft -= units;
    return this.#unitsLeft <= 0 && this.#isOver();
  }

  /** Has `work` called in a later turn. */
  wait(taker: TurnTaker): void {
    if (taker === this.#running) this.#served.add(taker);
    else if (!this.#served.has(taker)) this.#unserved.add(taker);
    if (this.#turnEndMs === 0) this.#startTurn(this.#nowMs());
  }

  #startSlice(taker: TurnTaker): void {
    this.#running = taker;
    this.#sliceEndMs = 0;
  }

  #isOver(): boolean {
    const nowMs = this.#nowMs();
    if (this.#turnEndMs === 0) this.#startTurn(nowMs);
    if (this.#sliceEndMs === 0) this.#sliceEndMs = nowMs + sliceMs;
    this.#isSpent = nowMs >= this.#turnEndMs;
    const isOver = this.#isSpent || nowMs >= this.#sliceEndMs;
    // The next question gets the same answer.
    this.#unitsLeft = isOver ? 0 : unitsPerClockRead;
    return isOver;
  }

  /** A turn ends in the next check phase of the event loop, behind all input that it brings. */
  #startTurn(nowMs: number): void {
    this.#turnEndMs = nowMs + turnMs;
    setImmediate(this.#onNextTurn);
  }

  #runWaiting(): void {
    this.#turnEndMs = this.#nowMs() + turnMs;
    this.#isSpent = false;
    for (let next = this.#next(); next !== undefined; next = this.#isSpent ? undefined : this.#next()) {
      this.#startSlice(next);
      next.work();
    }
    this.#running = undefined;
    this.#isSpent = false;
    this.#turnEndMs = 0;
    this.#unitsLeft = unitsPerClockRead;
    if (this.#unserved.size + this.#served.size > 0) this.#startTurn(this.#nowMs());
  }

  #next(): TurnTaker | undefined {
    this.#prefersServed = !this.#prefersServed;
    const [first, second] = this.#prefersServed
      ? [this.#served, this.#unserved]
      : [this.#unserved, this.#served];
    const waiting = first.size > 0 ? first : second;
    for (const taker of waiting) {
      waiting.delete(taker);
      return taker;
    }
    return undefined;
  }
}
