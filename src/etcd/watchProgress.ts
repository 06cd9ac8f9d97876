/**
 * Which version of each record a watch has delivered, and the revision up to which it is complete.
 */
export interface WatchProgress {
  /** key → the revision at which its record was written last */
  readonly revisions: ReadonlyMap<string, number>;
  readonly revision: number;
}

/** The watch has one for each snapshot: another object means that records were read again since. */
export class WatchProgressTracker implements WatchProgress {
  readonly revisions: Map<string, number>;
  #revision: number;

  /** As of a snapshot. */
  constructor(revisions: Map<string, number>, revision: number) {
    this.revisions = revisions;
    this.#revision = revision;
  }

  get revision(): number {
    return this.#revision;
  }

  put(key: string, revision: number): void {
    this.revisions.set(key, revision);
    this.#revision = Math.max(this.#revision, revision);
  }

  delete(key: string, revision: number): void {
    this.revisions.delete(key);
    this.#revision = Math.max(this.#revision, revision);
  }
}
