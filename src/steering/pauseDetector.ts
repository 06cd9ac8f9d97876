/**
 * Notices that the process did not run for a while: it was stopped, or its event loop was blocked. A beat
 * shows that it runs. After a pause the network's events may come before the beat, so whoever answers somebody
 * outside looks first. It compares its own clock with itself and knows nothing of why.
 */
export interface PauseDetectorOptions {
  /** A pause of this length or more is told of. */
  readonly longestMs: number;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  readonly onResumed: (asleepSinceMs: number) => void;
}

/** Beats within the shortest pause that matters. */
const beatsPerPause = 10;

export class PauseDetector {
  readonly #options: PauseDetectorOptions;
  #lastMs: number;
  #beat: NodeJS.Timeout | undefined;

  constructor(options: PauseDetectorOptions) {
    this.#options = options;
    this.#lastMs = options.nowMs();
  }

  start(): void {
    this.#lastMs = this.#options.nowMs();
    this.#beat ??= setInterval(() => this.check(), this.#options.longestMs / beatsPerPause);
  }

  stop(): void {
    clearInterval(this.#beat);
    this.#beat = undefined;
  }

  /** Costs next to nothing: it may be called for every request. */
  check(): void {
    const { longestMs, nowMs, onResumed: onWake } = this.#options;
    const sinceMs = this.#lastMs;
    this.#lastMs = nowMs();
    if (this.#beat !== undefined && this.#lastMs - sinceMs >= longestMs) onWake(sinceMs);
  }
}
