import { type Clock, systemClock } from './clock.ts';

/** A timer that is later than this shows that this process stood still, and no one else. */
export const stallMs = 100;
/** The time is counted in so many parts. */
const parts = 4;
/** After so many stalls the time is no longer given again, so that the wait has an end. */
const mostStalls = 3;

/**
 * A timer that judges another by its silence. It counts only the time in which this process ran:
 * after a stall (a blocked event loop, SIGSTOP, processors that are taken) timers fire before what
 * arrived meanwhile is read, and a request may not even have left. So a late timer judges nothing:
 * the whole time is given again, at most three times. It fires in the turn after the last part,
 * when everything that has arrived is read.
 */
export class JudgingTimer {
  readonly #clock: Clock;
  readonly #durationMs: number;
  readonly #onDue: () => void;
  #partsLeft = parts;
  #stalls = 0;
  /** Of the part that runs; undefined: the timer has ended. */
  #dueMs: number | undefined;
  #cancel: () => void = () => {};

  constructor(durationMs: number, onDue: () => void, clock: Clock = systemClock) {
    this.#clock = clock;
    this.#durationMs = durationMs;
    this.#onDue = onDue;
    this.#startPart();
  }

  /** Did this process stand still since the timer began? Known before the late timer fires. */
  get hasStalled(): boolean {
    return this.#stalls > 0 || this.#isLate;
  }

  cancel(): void {
    this.#cancel();
    this.#dueMs = undefined;
  }

  get #isLate(): boolean {
    return this.#dueMs !== undefined && this.#clock.nowMs() > this.#dueMs + stallMs;
  }

  #startPart(): void {
    const partMs = this.#durationMs / parts;
    this.#dueMs = this.#clock.nowMs() + partMs;
    this.#cancel = this.#clock.after(partMs, () => this.#onPart());
  }

  #onPart(): void {
    if (this.#isLate) {
      this.#stalls += 1;
      this.#partsLeft = this.#stalls > mostStalls ? this.#partsLeft - 1 : parts;
    } else this.#partsLeft -= 1;
    if (this.#partsLeft > 0) {
      this.#startPart();
      return;
    }
    this.#dueMs = undefined;
    this.#cancel = this.#clock.after(0, this.#onDue);
  }
}
