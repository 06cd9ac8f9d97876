/** Time as podsim needs it. Injected, so that a test decides when a token is due. */
export interface Clock {
  /** Milliseconds from some moment in the past; never goes back. */
  nowMs(): number;
  /** Seconds since 1970, for the `created` fields. */
  unixSeconds(): number;
  /** Calls back once, no earlier than `delayMs` from now; answers a function that prevents it. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  unixSeconds: () => Math.floor(Date.now() / 1000),
  after(delayMs, callback) {
    // Whole milliseconds: timers of the same length share one list in Node, which thousands of streams profit from.
    const timer = setTimeout(callback, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
};
