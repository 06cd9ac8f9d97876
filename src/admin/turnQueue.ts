import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Grants one caller in each turn of the event loop, in the order in which they asked. What the
 * admin port does for all its clients together takes one slice of a turn, and decisions the rest.
 */
export class TurnQueue {
  #last: Promise<void> = Promise.resolve();

  /** Resolves in a turn that no other caller gets. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => nextTurn());
    return this.#last;
  }
}
