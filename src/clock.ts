/** Time and timers. Injected, so that tests and the simulator control them. */
export interface Clock {
  /** Milliseconds since an arbitrary moment; monotonic. */
  nowMs(): number;
  /** Calls back once, at least `delayMs` from now; returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    // Node keeps timers of the same length in one list, which is cheaper for thousands of streams.
    const timer = setTimeout(callback, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
};
