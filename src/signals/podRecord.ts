import { DecayingCount } from './decayingCount.ts';
import { EarlyRun } from './earlyRun.ts';
import { isLate, type PodFailure } from './failure.ts';
import { type PodHealth, trusted } from './podHealth.ts';
import { Surprise } from './surprise.ts';
import { UsualDuration } from './usualDuration.ts';

/** Before so many exchanges of its own, a pod is measured by the whole pool. */
const enoughExchanges = 8;

/** What one pod's exchanges have shown. Only numbers; podSignals.ts judges them. */
export class PodRecord {
  readonly address: string;
  health: PodHealth = trusted;
  /** Requests until the next sample. */
  untilSample: number;
  /** Samples until one that is followed to its end. */
  untilBodySample: number;
  readonly duration = new UsualDuration();
  /** Recent failures, and recent good responses that were observed. */
  readonly failures = new DecayingCount();
  readonly successes = new DecayingCount();
  lastFailure: PodFailure = 'server-error';
  /** Of the failures that were observed. */
  readonly guilt = new Surprise();
  /** The same with early ends that were not observed, which may have been failures. */
  readonly suspicion = new Surprise();
  /** Recent exchanges that were not observed and lasted a usual time. */
  readonly normalEnds = new DecayingCount();
  /** Requests that were placed on it. */
  placed = 0;
  readonly earlyRun = new EarlyRun();
  /** Responses that were followed and ended incomplete, since the last complete one. */
  incompleteInRow = 0;
  /** Early ends that peers are told of. */
  announcedEarlyEnds = 0;
  /** Until then this instance suspects it by what it has observed itself. */
  signUntilMs = Number.NEGATIVE_INFINITY;
  /** Of its last quarantine, and when that ended: a pod that fails again soon continues there. */
  lastLevel = 0;
  trustedSinceMs = Number.NEGATIVE_INFINITY;
  /** When each of its penalties ends, oldest first. */
  readonly #penaltyEndsMs: number[] = [];

  constructor(address: string, untilSample: number, untilBodySample: number) {
    this.address = address;
    this.untilSample = untilSample;
    this.untilBodySample = untilBodySample;
  }

  /** An exchange that ends before this ends early; 0: none does. */
  earlyMs(pool: UsualDuration): number {
    const own = this.duration.count >= enoughExchanges;
    return (own ? this.duration : pool).earlyMs;
  }

  usualMs(pool: UsualDuration): number {
    return this.duration.count >= enoughExchanges ? this.duration.usualMs : pool.usualMs;
  }

  /** Only a complete response is a good one: its last ones ended incomplete, or failed late. */
  get mustComplete(): boolean {
    return this.incompleteInRow > 0 || (this.health.kind === 'trial' && isLate(this.health.reason));
  }

  onPlaced(): void {
    this.placed += 1;
    this.guilt.onPlaced();
    this.suspicion.onPlaced();
  }

  /** What seemed to succeed has failed after all. */
  retractSuccess(nowMs: number): void {
    this.successes.remove(nowMs);
  }

  /** @param othersShare the share of failures of the other pods */
  failed(failure: PodFailure, othersShare: number, nowMs: number): void {
    this.failures.add(nowMs);
    this.lastFailure = failure;
    this.guilt.onFailed(othersShare);
    this.suspicion.onFailed(othersShare);
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

  setHealth(to: PodHealth, nowMs: number): void {
    const from = this.health;
    this.health = to;
    if (to.kind === 'quarantined') this.lastLevel = to.level;
    if (to.kind !== 'trusted' || from.kind === 'suspected') return;
    this.trustedSinceMs = nowMs;
    this.#forget();
  }

  /** Trusted again: what was counted against it is forgotten. */
  #forget(): void {
    this.failures.clear();
    this.successes.clear();
    this.guilt.clear();
    this.suspicion.clear();
    this.incompleteInRow = 0;
    this.earlyRun.clear();
    this.signUntilMs = Number.NEGATIVE_INFINITY;
    this.#penaltyEndsMs.length = 0;
  }
}
