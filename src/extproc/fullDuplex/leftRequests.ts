import type { Clock } from '../../clock.ts';
import type { Reservation } from '../../scheduling/reservation.ts';

interface LeftRequest {
  readonly reservation: Reservation;
  readonly untilMs: number;
}

/**
 * Requests whose stream was finished while they go on, so that nothing tells when they end. Each
 * counts for the same time. So the count of a pod is what was placed on it within that time: it is
 * an assumption, and it cannot drift, because nothing but time ends it. What pods say of themselves
 * corrects it (signals/readings/readingLoad.ts).
 */
export class LeftRequests {
  readonly holdMs: number;
  readonly #clock: Clock;
  /** In the order in which they end. */
  #requests: LeftRequest[] = [];
  /** How many at the front have ended. */
  #ended = 0;
  #cancelTimer: (() => void) | undefined;
  readonly #byAddress = new Map<string, { count: number; ended: number }>();
  readonly #onFirst: (() => void) | undefined;
  #hadOne = false;

  /**
   * @param holdMs how long a request counts after its stream
   * @param onFirst called once, when the first comes
   */
  constructor(holdMs: number, clock: Clock, onFirst?: () => void) {
    this.holdMs = holdMs;
    this.#clock = clock;
    this.#onFirst = onFirst;
  }

  get count(): number {
    return this.#requests.length - this.#ended;
  }

  /** Those of a pod. */
  of(address: string): number {
    return this.#byAddress.get(address)?.count ?? 0;
  }

  /** How many of a pod have ended by their time, ever. */
  ended(address: string): number {
    return this.#byAddress.get(address)?.ended ?? 0;
  }

  add(reservation: Reservation): void {
    if (!this.#hadOne) this.#onFirst?.();
    this.#hadOne = true;
    if (this.holdMs === 0) {
      reservation.release();
      return;
    }
    this.#requests.push({ reservation, untilMs: this.#clock.nowMs() + this.holdMs });
    this.#of(reservation.address).count += 1;
    this.#cancelTimer ??= this.#clock.after(this.holdMs, () => this.#releaseDue());
  }

  /** Forgets what has ended on pods that are in the pool no more. */
  keep(addresses: ReadonlySet<string>): void {
    for (const [address, { count }] of this.#byAddress)
      if (count === 0 && !addresses.has(address)) this.#byAddress.delete(address);
  }

  /** Adds their number by endpoint. */
  countInto(counts: Map<string, number>): void {
    for (const [address, { count }] of this.#byAddress)
      if (count > 0) counts.set(address, (counts.get(address) ?? 0) + count);
  }

  /** Counts none of them any more. */
  releaseAll(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const requests = this.#requests.slice(this.#ended);
    this.#requests = [];
    this.#ended = 0;
    for (const request of requests) this.#release(request);
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
      this.#release(next);
    }
    // Those that ended are cut off in halves, so that a long queue is not moved for each of them.
    if (this.#ended * 2 < this.#requests.length) return;
    this.#requests.splice(0, this.#ended);
    this.#ended = 0;
  }

  #release({ reservation }: LeftRequest): void {
    const pod = this.#of(reservation.address);
    pod.count -= 1;
    pod.ended += 1;
    reservation.release();
  }

  #of(address: string): { count: number; ended: number } {
    let pod = this.#byAddress.get(address);
    if (pod === undefined) {
      pod = { count: 0, ended: 0 };
      this.#byAddress.set(address, pod);
    }
    return pod;
  }
}
