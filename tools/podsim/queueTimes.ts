/** How long requests waited for a slot, as a histogram with the bucket boundaries of vLLM. */
const boundsSeconds = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];

export interface QueueTimesState {
  /** Requests that waited at most this long, in the order of the boundaries. */
  readonly buckets: readonly { readonly atMostSeconds: number; readonly count: number }[];
  readonly count: number;
  readonly sumSeconds: number;
}

export class QueueTimes {
  readonly #counts = boundsSeconds.map(() => 0);
  #count = 0;
  #sumSeconds = 0;

  observe(ms: number): void {
    const seconds = ms / 1000;
    const index = boundsSeconds.findIndex((bound) => seconds <= bound);
    if (index >= 0) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    this.#sumSeconds += seconds;
  }

  state(): QueueTimesState {
    let count = 0;
    const buckets = boundsSeconds.map((atMostSeconds, index) => {
      count += this.#counts[index] ?? 0;
      return { atMostSeconds, count };
    });
    return { buckets, count: this.#count, sumSeconds: this.#sumSeconds };
  }
}
