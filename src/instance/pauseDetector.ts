import type { Clock } from '../clock.ts';

export interface PauseDetectorOptions {
  /** Shorter pauses are ignored. */
  readonly minPauseMs: number;
  readonly clock: Clock;
  readonly onResumed: (pausedSinceMs: number) => void;
}

type State = { readonly kind: 'stopped' } | { readonly kind: 'running'; cancel: () => void; lastMs: number };

/** Timer ticks within the shortest pause that is detected. */
const ticksPerPause = 10;

/**
 * Detects that the process did not run for a while: SIGSTOP, a suspended machine, a blocked event
 * loop. It compares a monotonic clock at each tick of a timer. After a pause the event loop may
 * deliver network events before the timer, so `check` must also be called where streams and health
 * checks arrive.
 */
export class PauseDetector {
  readonly #options: PauseDetectorOptions;
  #state: State = { kind: 'stopped' };

  constructor(options: PauseDetectorOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#state.kind === 'running') return;
    this.#state = { kind: 'running', cancel: () => {}, lastMs: this.#options.clock.nowMs() };
    this.#tick();
  }

  stop(): void {
    if (this.#state.kind === 'running') this.#state.cancel();
    this.#state = { kind: 'stopped' };
  }

  /** Cheap enough to be called for every stream. */
  check(): void {
    if (this.#state.kind === 'stopped') return;
    const { minPauseMs, clock, onResumed } = this.#options;
    const { lastMs } = this.#state;
    this.#state.lastMs = clock.nowMs();
    if (this.#state.lastMs - lastMs >= minPauseMs) onResumed(lastMs);
  }

  #tick(): void {
    this.check();
    const { minPauseMs, clock } = this.#options;
    if (this.#state.kind === 'running') {
      this.#state.cancel = clock.after(minPauseMs / ticksPerPause, () => this.#tick());
    }
  }
}
