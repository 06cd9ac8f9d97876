/** Processor time of this thread, in milliseconds. */
export interface Turns {
  readonly longestMs: number;
  readonly totalMs: number;
}

/**
 * Measures the longest turn of the event loop, and all turns, by the processor time of this thread,
 * which other processes on the same processors do not lengthen. Compare the two with each other:
 * a time by itself says how fast the machine is.
 */
export function measureTurns(): { stop(): Turns } {
  let longestMicros = 0;
  let next: NodeJS.Immediate;
  const micros = (): number => {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  };
  const startMicros = micros();
  let beforeMicros = startMicros;
  const measure = (): void => {
    const nowMicros = micros();
    longestMicros = Math.max(longestMicros, nowMicros - beforeMicros);
    beforeMicros = nowMicros;
    next = setImmediate(measure);
  };
  next = setImmediate(measure);
  const stop = (): Turns => {
    clearImmediate(next);
    return { longestMs: longestMicros / 1000, totalMs: (beforeMicros - startMicros) / 1000 };
  };
  return { stop };
}
