import type { Clock } from '../clock.ts';
import type { PodRecord } from './podRecord.ts';

/** What early ends of pods add to their load; penalizedLoad.ts says why. */
export class PodPenalties {
  readonly #clock: Clock;
  readonly #podAt: (address: string) => PodRecord | undefined;
  readonly #schedulers: () => number;
  /** When the last one ends. */
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, podAt: (address: string) => PodRecord | undefined, schedulers: () => number) {
    this.#clock = clock;
    this.#podAt = podAt;
    this.#schedulers = schedulers;
  }

  /** How many schedulers likely meet the same. */
  get schedulers(): number {
    return this.#schedulers();
  }

  /** The pod counts as having one request more for so long. */
  add(pod: PodRecord, forMs: number): void {
    const untilMs = this.#clock.nowMs() + forMs;
    pod.penalize(untilMs);
    this.#untilMs = Math.max(this.#untilMs, untilMs);
  }

  penalties(address: string): number {
    // Nearly always there are none.
    if (this.#untilMs === Number.NEGATIVE_INFINITY) return 0;
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#untilMs) return this.#podAt(address)?.penalties(nowMs) ?? 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
    return 0;
  }
}
