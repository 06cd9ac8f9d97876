import type { Clock } from '../../clock.ts';
import type { Reservation } from '../../scheduling/reservation.ts';

interface LeftRequest {
  readonly reservation: Reservation;
  readonly untilMs: number;
}

/**
 * Requests whose stream was finished while they go on, so that nothing tells when they end. Each
 * counts for the same time. So the count of a pod is what was placed on it within that time: it is
 * an assumption, and it cannot drift, because nothing but time ends it.
 */
export class LeftRequests {
  readonly #holdMs: number;
  readonly #clock: Clock;
  /** In the order in which they end. */
  #requests: LeftRequest[] = [];
  /** How many at the front have ended. */
  #ended = 0;
  #cancelTimer: (() => void) | undefined;

  /** @param holdMs how long a request counts after its stream */
  constructor(holdMs: number, clock: Clock) {
    this.#holdMs = holdMs;
    this.#clock = clock;
  }

  get count(): number {
    return this.#requests.length - this.#ended;
  }

  add(reservation: Reservation): void {
    if (this.#holdMs === 0) {
      reservation.release();
      return;
    }
    this.#requests.push({ reservation, untilMs: this.#clock.nowMs() + this.#holdMs });
    this.#cancelTimer ??= this.#clock.after(this.#holdMs, () => this.#releaseDue());
  }

  /** Adds their number by endpoint. */
  countInto(counts: Map<string, number>): void {
    for (const { reservation } of this.#requests.slice(this.#ended)) {
      counts.set(reservation.address, (counts.get(reservation.address) ?? 0) + 1);
    }
  }

  /** Counts none of them any more. */
  releaseAll(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const requests = this.#requests.slice(this.#ended);
    this.#requests = [];
    this.#ended = 0;
    for (const { reservation } of requests) reservation.release();
  }

  #releaseDue(): void {
    this.#cancelTimer = undefined;
    const nowMs = this.#clock.nowMs();
    for (;;) {
      const next = this.#requests[this.#ended];
      if (next === undefined) break;
      if (next.untilMs > nowMs) {
        this.#cancelTimer = this.#clock.after(next.untilMs - nowMs, () => this.#releaseDue());
        break;
      }
      this.#ended += 1;
      next.reservation.release();
    }
    // Those that ended are cut off in halves, so that a long queue is not moved for each of them.
    if (this.#ended * 2 < this.#requests.length) return;
    this.#requests.splice(0, this.#ended);
    this.#ended = 0;
  }
}
