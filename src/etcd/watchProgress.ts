import type { KeyRange } from './rangeSnapshot.ts';

/**
 * Which version of each record a watch has delivered, and the revision up to which it is complete.
 */
export interface WatchProgress {
  /** key → the revision at which its record was written last, of the keys that are followed */
  readonly revisions: ReadonlyMap<string, number>;
  readonly revision: number;
  /** What is followed, up to the limits of each range. */
  readonly ranges: readonly KeyRange[];
  /** Those whose stored keys are all followed now. */
  readonly complete: readonly KeyRange[];
}

interface FollowedRanges {
  readonly toRead: readonly KeyRange[];
  readonly complete: readonly KeyRange[];
}

/** The watch has one for each snapshot: another object means that records were read again since. */
export class WatchProgressTracker implements WatchProgress {
  readonly revisions: Map<string, number>;
  readonly #followed: FollowedRanges;
  #revision: number;

  /** As of a snapshot. */
  constructor(revisions: Map<string, number>, revision: number, followed: FollowedRanges) {
    this.revisions = revisions;
    this.#revision = revision;
    this.#followed = followed;
  }

  get ranges(): readonly KeyRange[] {
    return this.#followed.toRead;
  }

  get complete(): readonly KeyRange[] {
    return this.#followed.complete;
  }

  get revision(): number {
    return this.#revision;
  }

  put(key: string, revision: number): void {
    this.revisions.set(key, revision);
    this.reached(revision);
  }

  delete(key: string, revision: number): void {
    this.revisions.delete(key);
    this.reached(revision);
  }

  /** An event of a key that is not followed. */
  reached(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }
}
