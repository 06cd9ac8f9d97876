import { DecayingCount } from './decayingCount.ts';
import type { PodFailure } from './failure.ts';
import { type PodHealth, trusted } from './podHealth.ts';
import { UsualDuration } from './usualDuration.ts';

/** The weight of the last exchange in the share of early ends. */
const smoothing = 1 / 4;
/** Before so many exchanges of its own, a pod is measured by the whole pool. */
const enoughExchanges = 8;

/** What one pod's exchanges have shown. Only numbers; podSignals.ts judges them. */
export class PodRecord {
  readonly address: string;
  health: PodHealth = trusted;
  /** Requests until the next sample. */
  untilSample: number;
  readonly duration = new UsualDuration();
  /** Recent failures, and recent good responses that were observed. */
  readonly failures = new DecayingCount();
  readonly successes = new DecayingCount();
  lastFailure: PodFailure = 'server-error';
  /** Recent exchanges that were not observed and lasted a usual time. */
  readonly normalEnds = new DecayingCount();
  /** The share of the last exchanges that ended early. */
  earlyShare = 0;
  /** Of its last quarantine, and when that ended: a pod that fails again soon continues there. */
  lastLevel = 0;
  trustedSinceMs = Number.NEGATIVE_INFINITY;
  /** When each of its penalties ends, oldest first. */
  readonly #penaltyEndsMs: number[] = [];

  constructor(address: string, untilSample: number) {
    this.address = address;
    this.untilSample = untilSample;
  }

  /** An exchange that ends before this ends early; 0: none does. */
  earlyMs(pool: UsualDuration): number {
    const own = this.duration.count >= enoughExchanges;
    return (own ? this.duration : pool).earlyMs;
  }

  usualMs(pool: UsualDuration): number {
    return this.duration.count >= enoughExchanges ? this.duration.usualMs : pool.usualMs;
  }

  ended(durationMs: number, isEarly: boolean): void {
    this.duration.add(durationMs, isEarly);
    this.earlyShare += ((isEarly ? 1 : 0) - this.earlyShare) * smoothing;
  }

  /** Counts as a request in flight until then. */
  penalize(untilMs: number): void {
    this.#penaltyEndsMs.push(untilMs);
  }

  penalties(nowMs: number): number {
    const ends = this.#penaltyEndsMs;
    while (ends.length > 0 && (ends[0] as number) <= nowMs) ends.shift();
    return ends.length;
  }

  /** Trusted again: what was counted against it is forgotten. */
  forget(): void {
    this.failures.clear();
    this.successes.clear();
    this.earlyShare = 0;
    this.#penaltyEndsMs.length = 0;
  }
}
