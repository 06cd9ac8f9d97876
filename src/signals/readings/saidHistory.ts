/**
 * What a pod said that it computes, and what was counted on it, over some time. Requests that come
 * at the same rate and stay as long are as many (Little's law). So a pod that says it has much less
 * than the others have for what they get is wrong, or much faster than all of them; either way what
 * it says is no measure to place requests by.
 */
export interface SaidHistory {
  /** Of the last reading. */
  readonly atMs: number;
  readonly running: number;
  readonly counted: number;
  /** Means over the past. */
  readonly meanRunning: number;
  readonly meanCounted: number;
}

const memoryMs = 10_000;
/** Of what is usual. */
const leastShare = 0.4;
/** With fewer, chance decides. */
const leastCounted = 4;

export const startOfHistory: SaidHistory = {
  atMs: Number.NEGATIVE_INFINITY,
  running: 0,
  counted: 0,
  meanRunning: 0,
  meanCounted: 0,
};

export function laterHistory(
  before: SaidHistory,
  atMs: number,
  running: number,
  counted: number,
): SaidHistory {
  const weight = 1 - Math.exp(-(atMs - before.atMs) / memoryMs);
  return {
    atMs,
    running,
    counted,
    meanRunning: before.meanRunning + weight * (running - before.meanRunning),
    meanCounted: before.meanCounted + weight * (counted - before.meanCounted),
  };
}

/** @param usual how many requests pods have for each that is counted */
export function isPlausible({ meanRunning, meanCounted }: SaidHistory, usual: number): boolean {
  return meanCounted < leastCounted || meanRunning >= leastShare * usual * meanCounted;
}
