/** What the engine of a pod says of itself. Engines differ in what they say. */
export interface EngineReading {
  /** When it said so, on the clock of the policies. */
  readonly atMs: number;
  /** The share of its KV cache that requests in progress use. */
  readonly kvUse?: number;
  /** Requests that it has not begun, and those that it computes. */
  readonly waiting?: number;
  readonly running?: number;
  /** Tokens of responses since it started. */
  readonly generatedTokens?: number;
}

/** The last readings, which the instances of a fleet share. */
export interface EngineReadings {
  /** Undefined: the pod says nothing. */
  of(address: string): EngineReading | undefined;
}

/** Older ones say nothing of what a pod does now: it is neither full nor idle, it is unknown. */
export const readingLifeMs = 3_000;
