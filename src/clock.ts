/** Time and timers, injected where something must wait, so that tests and the simulator decide when it is. */
export interface Clock {
  /** Milliseconds from some moment in the past; never goes back. */
  nowMs(): number;
  /** Calls back once, no earlier than `delayMs` from now; answers a function that prevents it. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    // Whole milliseconds: timers of the same length share one list in Node, which thousands of streams profit from.
    const timer = setTimeout(callback, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
};
