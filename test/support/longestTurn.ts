/**
 * Measures the longest turn of the event loop by the processor time of this thread, which other
 * processes on the same processors do not lengthen.
 */
export function measureTurns(): { stop(): { longestMs: number } } {
  let longestMicros = 0;
  let next: NodeJS.Immediate;
  let before = process.threadCpuUsage();
  const measure = (): void => {
    const now = process.threadCpuUsage();
    longestMicros = Math.max(longestMicros, now.user + now.system - before.user - before.system);
    before = now;
    next = setImmediate(measure);
  };
  next = setImmediate(measure);
  const stop = (): { longestMs: number } => {
    clearImmediate(next);
    return { longestMs: longestMicros / 1000 };
  };
  return { stop };
}
