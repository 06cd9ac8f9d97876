/** Time and timers. Injected, so that tests and the simulator control them. */
export interface Clock {
  /** Milliseconds since an arbitrary moment; monotonic. */
  nowMs(): number;
  /** Calls back once, at least `delayMs` from now; returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The longest delay of a timer in Node, 24.8 days. A longer one would fire after a millisecond. */
export const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    // Node keeps timers of the same length in one list, which is cheaper for thousands of streams.
    if (delayMs > longestTimerMs) return afterLong(delayMs, callback);
    const timer = setTimeout(callback, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
};

/** Several timers, one after the other. */
function afterLong(delayMs: number, callback: () => void): () => void {
  let cancel = systemClock.after(longestTimerMs, () => {
    cancel = systemClock.after(delayMs - longestTimerMs, callback);
  });
  return () => cancel();
}

/** Resolves after `delayMs`, or as soon as the signal aborts. Never rejects. */
export function delay(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const onAbort = (): void => {
      cancel();
      resolve();
    };
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
