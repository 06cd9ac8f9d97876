import type { Clock } from '../clock.ts';
import { dueMs } from './podHealth.ts';
import type { PodRecord } from './podRecord.ts';

/** One timer for each pod whose health changes by time alone. */
export class HealthTimers {
  readonly #clock: Clock;
  readonly #onDue: (pod: PodRecord) => void;
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: Clock, onDue: (pod: PodRecord) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** To be called after each change of the pod's health. */
  schedule(pod: PodRecord): void {
    this.cancel(pod.address);
    const due = dueMs(pod.health);
    if (due === undefined) return;
    const cancel = this.#clock.after(Math.max(0, due - this.#clock.nowMs()), () => {
      this.#onDue(pod);
      // A timer may fire a fraction of a millisecond early; without another one, a pod would stay
      // in quarantine.
      if (dueMs(pod.health) === due) this.schedule(pod);
    });
    this.#cancels.set(pod.address, cancel);
  }

  cancel(address: string): void {
    this.#cancels.get(address)?.();
    this.#cancels.delete(address);
  }

  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
