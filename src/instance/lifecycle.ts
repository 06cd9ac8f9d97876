import type { Phase } from '../phase.ts';

/**
 * The phases of an instance's life and the moves between them. One table says which moves are legal, and
 * `moveTo` is the only place where the phase changes. Nothing here waits, writes or logs: listeners do.
 */
/** phase → the phases it may be followed by */
const legalMoves: Readonly<Record<Phase, readonly Phase[]>> = {
  starting: ['ready', 'standby', 'draining', 'stopped'],
  ready: ['standby', 'draining', 'stopped'],
  standby: ['ready', 'draining', 'stopped'],
  draining: ['stopped'],
  stopped: [],
};

export interface PhaseChange {
  readonly from: Phase;
  readonly to: Phase;
  /** Why, in words for a log line. */
  readonly reason: string;
}

export class Lifecycle {
  #phase: Phase = 'starting';
  readonly #listeners = new Set<(change: PhaseChange) => void>();

  get phase(): Phase {
    return this.#phase;
  }

  /** @throws Error when the table has no such move: a bug, never a situation. */
  moveTo(to: Phase, reason: string): void {
    const from = this.#phase;
    if (!legalMoves[from].includes(to)) throw new Error(`illegal move ${from} → ${to} (${reason})`);
    this.#phase = to;
    for (const listener of this.#listeners) listener({ from, to, reason });
  }

  /** Answers a function that stops the calls. */
  onChange(listener: (change: PhaseChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
