import type { PodClock } from '../../tools/podsim/clock.ts';

/** A clock that a test advances. */
export class FakeClock implements PodClock {
  #nowMs = 0;
  readonly #timers = new Map<() => void, number>();

  get pendingTimers(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  unixSeconds(): number {
    return 1_700_000_000;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = () => callback();
    this.#timers.set(timer, this.#nowMs + delayMs);
    return () => this.#timers.delete(timer);
  }

  /** The process stands still for this long; the timers that are due fire at the next advance. */
  stall(forMs: number): void {
    this.#nowMs += forMs;
  }

  /** Fires the timers that are due, each at its time; `lateMs` after it, as in a busy process. */
  advance(byMs: number, lateMs = 0): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const [next] = [...this.#timers].sort(([, a], [, b]) => a - b);
      if (!next || next[1] + lateMs > endMs) break;
      this.#timers.delete(next[0]);
      this.#nowMs = Math.max(this.#nowMs, next[1] + lateMs);
      next[0]();
    }
    this.#nowMs = endMs;
  }
}
