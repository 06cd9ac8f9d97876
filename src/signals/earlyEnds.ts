import { isBeyondChance } from './chance.ts';
import type { PodRecord } from './podRecord.ts';
import { UsualDuration } from './usualDuration.ts';

/** How many exchanges the share of early ends covers. */
const span = 512;
/** Peers are told of an early end only where they are rarer than this, and no more often. */
const rareShare = 0.03;
const announceEveryMs = 1_000;
const announcedForMs = 2_000;
/** Two in a row are a sign at the earliest. */
const leastShare = 0.01;

/** Others that are looked at, in large pools. */
const mostOthers = 64;
const weightOfOthers = 2;

/**
 * Tells exchanges that ended too early from those that are usual in this pool. Some always do:
 * short answers, mistakes of clients, requests that a client aborts.
 */
export class EarlyEnds {
  readonly usual = new UsualDuration();
  #share = 0;
  #announced: PodRecord | undefined;
  #announcedMs = Number.NEGATIVE_INFINITY;

  /** Of the last exchanges of all pods. */
  get share(): number {
    return this.#share;
  }

  /** @returns whether the exchange ended early */
  record(pod: PodRecord, durationMs: number): boolean {
    const isEarly = durationMs < pod.earlyMs(this.usual);
    pod.duration.add(durationMs, isEarly);
    this.usual.add(durationMs, isEarly);
    this.#share += ((isEarly ? 1 : 0) - this.#share) / span;
    if (isEarly) pod.earlyRun.add(pod.placed);
    return isEarly;
  }

  /** Neither chance nor what all pods have in common explains its last early ends. */
  isSign(pod: PodRecord, pods: Iterable<PodRecord>): boolean {
    const { length } = pod.earlyRun;
    if (!isBeyondChance(length, this.#share, leastShare)) return false;
    return isBeyondChance(length - weightOfOthers * meanRunOfOthers(pod, pods), this.#share, leastShare);
  }

  /** Counts one for the peers where it says something. @returns whether it did */
  announce(pod: PodRecord, nowMs: number): boolean {
    if (this.#share > rareShare || nowMs - this.#announcedMs < announceEveryMs) return false;
    this.#announced = pod;
    this.#announcedMs = nowMs;
    pod.announcedEarlyEnds += 1;
    return true;
  }

  isAnnounced(pod: PodRecord, nowMs: number): boolean {
    return pod === this.#announced && nowMs - this.#announcedMs < announcedForMs;
  }
}

/** A machine or a network that was slow and is fast again shows in all pods alike. */
function meanRunOfOthers(pod: PodRecord, pods: Iterable<PodRecord>): number {
  let [runs, seen] = [0, 0];
  for (const other of pods) {
    if (other === pod || other.health.kind === 'quarantined') continue;
    runs += other.earlyRun.lengthAt(other.placed);
    seen += 1;
    if (seen >= mostOthers) break;
  }
  return runs / Math.max(1, seen);
}
