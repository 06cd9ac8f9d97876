import type { ProbeTarget } from './probeTarget.ts';

/**
 * Probes that are due and wait for a free slot. Endpoints that are in use come first, since each
 * request to one that has died is lost; then those that were never judged, then those that fail.
 * Within a class the oldest is first. So no number of dead addresses delays the probes of the
 * living.
 */
export class ProbeQueue implements Iterable<ProbeTarget> {
  readonly #inUse = new Set<ProbeTarget>();
  readonly #unknown = new Set<ProbeTarget>();
  readonly #failing = new Set<ProbeTarget>();

  add(target: ProbeTarget): void {
    this.delete(target);
    this.#classOf(target).add(target);
  }

  delete(target: ProbeTarget): void {
    for (const each of [this.#inUse, this.#unknown, this.#failing]) each.delete(target);
  }

  /** In the order in which they are to be probed. */
  *[Symbol.iterator](): Iterator<ProbeTarget> {
    yield* this.#inUse;
    yield* this.#unknown;
    yield* this.#failing;
  }

  #classOf({ health }: ProbeTarget): Set<ProbeTarget> {
    switch (health.verdict) {
      case 'healthy':
        return this.#inUse;
      case 'unknown':
        return health.inARow === 0 ? this.#unknown : this.#failing;
      case 'unhealthy':
        return this.#failing;
      default:
        return health.verdict satisfies never;
    }
  }
}
