/** The result of one run. */
export interface SimulationOutcome {
  readonly requests: number;
  /** How long requests waited in a pod for a slot, in ms. */
  readonly waitMs: { readonly p50: number; readonly p99: number; readonly p999: number };
  /** In flight on the busiest pod relative to the mean of all, on average over time. */
  readonly maxOverMean: number;
  /** Per 1,000 requests. */
  readonly herds: number;
  /** Writes of counts per second and instance. */
  readonly writesPerSecond: number;
}

/** Picks of one pod within this time count as one herd. */
const herdMs = 100;

/** Collects the measurements of a run. */
export class Observations {
  readonly #herdSize: number;
  readonly #waitsMs: number[] = [];
  /** pod → instance → when it last picked the pod */
  readonly #pickers = new Map<string, Map<string, number>>();
  #herds = 0;
  #picks = 0;
  #ratios = 0;
  #ratioSum = 0;

  /** A herd: this many different instances, at least three, pick one pod within 100 ms. */
  constructor({ herdSize }: { herdSize: number }) {
    this.#herdSize = Math.max(3, herdSize);
  }

  waited(ms: number): void {
    this.#waitsMs.push(ms);
  }

  picked(pod: string, instance: string, nowMs: number): void {
    this.#picks += 1;
    const pickers = this.#pickers.get(pod) ?? new Map<string, number>();
    this.#pickers.set(pod, pickers.set(instance, nowMs));
    for (const [picker, atMs] of pickers) if (nowMs - atMs > herdMs) pickers.delete(picker);
    if (pickers.size < this.#herdSize) return;
    this.#herds += 1;
    pickers.clear();
  }

  sampled(inFlight: readonly number[]): void {
    const mean = inFlight.reduce((sum, count) => sum + count, 0) / inFlight.length;
    if (mean === 0) return;
    this.#ratios += 1;
    this.#ratioSum += Math.max(...inFlight) / mean;
  }

  outcome(writesPerSecond: number): SimulationOutcome {
    const sorted = Float64Array.from(this.#waitsMs).sort();
    const quantile = (q: number): number => sorted[Math.floor(q * sorted.length)] ?? 0;
    return {
      requests: sorted.length,
      waitMs: { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999) },
      maxOverMean: this.#ratioSum / this.#ratios,
      herds: (1000 * this.#herds) / this.#picks,
      writesPerSecond,
    };
  }
}
