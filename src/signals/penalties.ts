import type { PodRecord } from './podRecord.ts';

/** What early ends of pods add to their load; penalizedLoad.ts says why. */
export class PodPenalties {
  /** When the last one ends. */
  #untilMs = Number.NEGATIVE_INFINITY;

  /** The pod counts as having one request more until then. */
  add(pod: PodRecord, untilMs: number): void {
    pod.penalize(untilMs);
    this.#untilMs = Math.max(this.#untilMs, untilMs);
  }

  /** Nearly always there are none, so that nothing is looked up and no clock is read. */
  get areOver(): boolean {
    return this.#untilMs === Number.NEGATIVE_INFINITY;
  }

  of(pod: PodRecord | undefined, nowMs: number): number {
    if (nowMs < this.#untilMs) return pod?.penalties(nowMs) ?? 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
    return 0;
  }
}
