import { type Slot, Slots } from '../podsim/slots.ts';
import type { VirtualClock } from './virtualClock.ts';

export interface ModelledPodOptions {
  readonly slots: number;
  /** 2 takes twice as long for everything. */
  readonly slowness: number;
  readonly clock: VirtualClock;
}

/** An inference pod: the slots and the queue of podsim, and a service time for each request. */
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
   * @param workMs service time on a pod with slowness 1
   * @param onEnd gets the time the request waited for its slot
   */
  run(workMs: number, onEnd: (waitedMs: number) => void): void {
    const arrivedMs = this.#clock.nowMs();
    this.#slots.acquire((slot: Slot) => {
      const waitedMs = this.#clock.nowMs() - arrivedMs;
      this.#clock.after(workMs * this.#slowness, () => {
        slot.release();
        onEnd(waitedMs);
      });
    });
  }
}
