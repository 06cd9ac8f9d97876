/** Which version of each record a watch has shown, and up to which revision it has shown everything. */
export interface WatchProgress {
  /** key → the revision at which its record was written last */
  readonly revisions: ReadonlyMap<string, number>;
  readonly revision: number;
}

/** Kept by the watch, one for each time it begins: who finds another one knows that there was a new beginning. */
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
