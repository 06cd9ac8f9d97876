/** The bucket boundaries of vLLM, for how long requests wait for a slot. */
export const queueTimeBounds = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];

/** The same for how long they wait for their first token. */
export const firstTokenBounds = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
  2560,
];

export interface TimeHistogramState {
  /** Requests that waited at most this long, in the order of the boundaries. */
  readonly buckets: readonly { readonly atMostSeconds: number; readonly count: number }[];
  readonly count: number;
  readonly sumSeconds: number;
}

/** How long requests waited for something. */
export class TimeHistogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sumSeconds = 0;

  /** @param bounds in seconds, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(ms: number): void {
    const seconds = ms / 1000;
    const index = this.#bounds.findIndex((bound) => seconds <= bound);
    if (index >= 0) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    this.#sumSeconds += seconds;
  }

  state(): TimeHistogramState {
    let count = 0;
    const buckets = this.#bounds.map((atMostSeconds, index) => {
      count += this.#counts[index] ?? 0;
      return { atMostSeconds, count };
    });
    return { buckets, count: this.#count, sumSeconds: this.#sumSeconds };
  }
}
