import type { Clock } from '../clock.ts';

export interface ServingEvidenceOptions {
  /** How long ago a proxy asked this instance: a health check, or a request. Infinity: never. */
  readonly proxyQuietMs: () => number;
  readonly clock: Clock;
}

/** An instance that serves writes its load report at least so often, changed or not. */
export const proofIntervalMs = 10_000;
/** A peer that has written none for so long is not seen to serve: three intervals. */
const evidenceMs = 3 * proofIntervalMs;
/** A proxy asks more often: its health checks are at most a minute apart by Envoy's defaults. */
export const contactMs = 90_000;

/**
 * Which peers are seen to serve: a record that says `ready` is a claim, and load reports that keep
 * coming show that it is true. They come from an instance that is ready and that a proxy asks.
 *
 * Without contact to a proxy, this instance cannot know whether its peers should have any: a proxy
 * that is down asks no one. So evidence is out of date only while a proxy asks this instance.
 */
export class ServingEvidence {
  readonly #options: ServingEvidenceOptions;
  readonly #lastMs = new Map<string, number>();
  #contactSinceMs: number | undefined;

  constructor(options: ServingEvidenceOptions) {
    this.#options = options;
  }

  /** Does a proxy ask this instance? */
  get hasContact(): boolean {
    return this.#contactSinceMs !== undefined;
  }

  isSeen(id: string): boolean {
    const lastMs = this.#lastMs.get(id);
    if (lastMs === undefined) return false;
    if (this.#contactSinceMs === undefined) return true;
    return this.#options.clock.nowMs() - Math.max(lastMs, this.#contactSinceMs) < evidenceMs;
  }

  /** A load report of this peer was written while its record said ready. */
  onLoadReport(id: string): void {
    this.#lastMs.set(id, this.#options.clock.nowMs());
  }

  /** To be called regularly. @param isKnown does this peer have a record? */
  update(isKnown: (id: string) => boolean): void {
    const { proxyQuietMs, clock } = this.#options;
    if (proxyQuietMs() >= contactMs) this.#contactSinceMs = undefined;
    else this.#contactSinceMs ??= clock.nowMs();
    for (const id of this.#lastMs.keys()) if (!isKnown(id)) this.#lastMs.delete(id);
  }
}
