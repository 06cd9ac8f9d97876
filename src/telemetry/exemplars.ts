/** Names a span that is exported. */
export interface SpanReference {
  readonly traceId: string;
  readonly spanId: string;
}

/** One value of a histogram, and the span of the request that it was measured at. */
export interface Exemplar extends SpanReference {
  readonly value: number;
  readonly unixMs: number;
}

/** The last exemplar of each bucket of a histogram. Only sampled requests have one. */
export class Exemplars {
  readonly #bounds: readonly number[];
  readonly #last: (Exemplar | undefined)[] = [];

  /** @param bounds the upper bounds of the buckets but the last, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  add(exemplar: Exemplar): void {
    const nth = this.#bounds.findIndex((bound) => exemplar.value <= bound);
    this.#last[nth < 0 ? this.#bounds.length : nth] = exemplar;
  }

  /** @param nth the bucket, counted from 0; undefined: it has none yet */
  of(nth: number): Exemplar | undefined {
    return this.#last[nth];
  }
}
