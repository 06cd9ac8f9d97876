/** `FUZZ_SECONDS=600 npm run fuzz` runs for longer: all of it together, with the other files. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 0);

export interface FuzzEffort {
  /** For fast-check. */
  readonly runs: { readonly numRuns: number; readonly interruptAfterTimeLimit?: number };
  /** For the test. */
  readonly timeoutMs: number;
}

/**
 * How much one property of a file is tried.
 *
 * @param numRuns in `make check`
 * @param properties how many of the file share the time of a long run
 */
export function fuzzEffort(numRuns: number, properties: number): FuzzEffort {
  const timeoutMs = 60_000 + seconds * 1000;
  if (seconds === 0) return { runs: { numRuns }, timeoutMs };
  const interruptAfterTimeLimit = (seconds * 1000) / properties;
  return { runs: { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit }, timeoutMs };
}
