/**
 * The phases of an instance's life and the moves between them. One table says which moves are legal, and
 * `moveTo` is the only place where the phase changes. Nothing here waits, writes or logs: listeners do.
 */
export type Phase = 'starting' | 'ready' | 'standby' | 'draining' | 'stopped';

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

/** Does an instance in this phase take new traffic from Envoy? */
export function takesTraffic(phase: Phase): boolean {
  return phase === 'ready';
}

/** Is it fit to take traffic, now or when steering says so? */
export function isFit(phase: Phase): boolean {
  return phase === 'ready' || phase === 'standby';
}

/** Does it answer a stream that reaches it nevertheless? */
export function answersStreams(phase: Phase): boolean {
  return phase === 'ready' || phase === 'standby' || phase === 'draining';
}
