import type { Clock } from '../../src/clock.ts';

interface Timer {
  readonly dueMs: number;
  /** Timers with the same time fire in the order of their creation. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Virtual time, advanced by its timers: a binary heap. */
export class VirtualClock implements Clock {
  readonly #heap: Timer[] = [];
  #nowMs = 0;
  #order = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#push(timer);
    return () => {
      timer.callback = undefined;
    };
  }

  /** Runs until there is no timer, or `stop` returns true. */
  async run(stop: () => boolean = () => false): Promise<void> {
    for (let timer = this.#pop(); timer !== undefined && !stop(); timer = this.#pop()) {
      if (timer.callback === undefined) continue;
      this.#nowMs = timer.dueMs;
      timer.callback();
      // Code that awaits the result of this timer runs before the next timer.
      await undefined;
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Timer;
      if (!isBefore(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
      if (!isBefore(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}
