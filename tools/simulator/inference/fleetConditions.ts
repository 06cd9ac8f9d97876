/** A part of the time of a run. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What differs from run to run beside the requests. */
export interface FleetConditions {
  /** `sync.minIntervalMs`: between two load reports of an instance. */
  readonly countsMs: number;
  /** Between two messages of an instance about the prompts that it placed. */
  readonly indexMs: number;
  /** So many pods, from the first, take twice as long for everything. */
  readonly slowPods?: number;
  /** Engines say nothing of themselves meanwhile. */
  readonly readingsAway?: TimeSpan;
  /** All instances are replaced, one after the other; `handsOver`: newcomers read what is known. */
  readonly upgrade?: TimeSpan & { readonly handsOver: boolean };
  /** What is measured by itself. */
  readonly window?: TimeSpan;
}

export const usualConditions: FleetConditions = { countsMs: 20, indexMs: 250 };
