import type { Clock } from '../clock.ts';
import type { Phase } from '../phase.ts';

/** Which phases may follow a phase. */
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
  /** For log lines and events. */
  readonly reason: string;
}

/**
 * The phase of one instance. `moveTo` is its only writer and refuses illegal moves. It has no
 * effects of its own: listeners log the change, publish it and update the health status.
 */
export class Lifecycle {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #listeners = new Set<(change: PhaseChange) => void>();
  #phase: Phase = 'starting';
  #sinceMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** How long the phase has lasted. Infinity in the first one: nothing was served before it. */
  get phaseAgeMs(): number {
    return this.#clock.nowMs() - this.#sinceMs;
  }

  /** @throws Error when the move is illegal, which is a bug */
  moveTo(to: Phase, reason: string): void {
    const from = this.#phase;
    if (!legalMoves[from].includes(to)) throw new Error(`illegal move ${from} → ${to} (${reason})`);
    this.#phase = to;
    this.#sinceMs = this.#clock.nowMs();
    for (const listener of this.#listeners) listener({ from, to, reason });
  }

  /** Returns a function that removes the listener. */
  onChange(listener: (change: PhaseChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
