import { type Slot, Slots } from '../podsim/slots.ts';
import type { VirtualClock } from './virtualClock.ts';

export interface ModelledPodOptions {
  readonly slots: number;
  /** 2 takes twice as long for everything. */
  readonly slowness: number;
  readonly clock: VirtualClock;
}

/** An inference pod: podsim's slots and queue, and a time that each request takes in its slot. */
export class ModelledPod {
  readonly #slots: Slots;
  readonly #slowness: number;
  readonly #clock: VirtualClock;

  constructor({ slots, slowness, clock }: ModelledPodOptions) {
    this.#slots = new Slots(slots);
    this.#slowness = slowness;
    this.#clock = clock;
  }

  get inFlight(): number {
    return this.#slots.running + this.#slots.waiting;
  }

  /**
   * @param workMs what a pod of slowness 1 would need
   * @param onEnd told how long the request waited for its slot
   */
  run(workMs: number, onEnd: (waitedMs: number) => void): void {
    const cameMs = this.#clock.nowMs();
    this.#slots.acquire((slot: Slot) => {
      const waitedMs = this.#clock.nowMs() - cameMs;
      this.#clock.after(workMs * this.#slowness, () => {
        slot.release();
        onEnd(waitedMs);
      });
    });
  }
}
