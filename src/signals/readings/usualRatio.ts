/** What a pod said that it computes, and what was counted on it at that moment. */
export interface SaidAndCounted {
  readonly running: number;
  readonly counted: number;
}

/** Enough for a median. */
const mostPods = 512;
const highestRatio = 10;

/**
 * How many requests pods compute for each that is counted: the median, so that a few pods that are
 * wrong about themselves do not change it. undefined: no pod says anything.
 */
export function usualRatio(pods: Iterable<SaidAndCounted>): number | undefined {
  const ratios: number[] = [];
  let saysAny = false;
  for (const { running, counted } of pods) {
    saysAny = true;
    // Of a small count the ratio is chance.
    if (counted >= 1) ratios.push(running / counted);
    if (ratios.length === mostPods) break;
  }
  if (ratios.length === 0) return saysAny ? 1 : undefined;
  ratios.sort((a, b) => a - b);
  return Math.min(highestRatio, ratios[Math.floor(ratios.length / 2)] as number);
}
