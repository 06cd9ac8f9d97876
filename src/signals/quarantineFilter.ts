import type { Endpoint } from '../scheduling/endpoint.ts';
import type { ReadyEndpoints } from '../scheduling/scheduler.ts';

export interface QuarantineFilterOptions {
  readonly pool: ReadyEndpoints;
  /** The longest excluded first; a new set after each change. */
  readonly excluded: () => ReadonlySet<string>;
  /** At most this share of the ready endpoints is excluded, within [0, 1]. */
  readonly maxShare: number;
}

/** The ready endpoints of the pool without those in quarantine; at least one remains. */
export class QuarantineFilter implements ReadyEndpoints {
  readonly #options: QuarantineFilterOptions;
  #ready: readonly Endpoint[] = [];
  #excluded: ReadonlySet<string> = new Set();
  #usable: readonly Endpoint[] = [];

  constructor(options: QuarantineFilterOptions) {
    this.#options = options;
  }

  all(): readonly Endpoint[] {
    return this.#options.pool.all();
  }

  ready(): readonly Endpoint[] {
    const { pool, excluded, maxShare } = this.#options;
    const ready = pool.ready();
    const excludedNow = excluded();
    if (excludedNow.size === 0) return ready;
    if (ready !== this.#ready || excludedNow !== this.#excluded) {
      this.#ready = ready;
      this.#excluded = excludedNow;
      this.#usable = usableOf(ready, excludedNow, maxShare);
    }
    return this.#usable;
  }
}

/** @param excluded those that come first are excluded first */
export function usableOf(
  ready: readonly Endpoint[],
  excluded: ReadonlySet<string>,
  maxShare: number,
): readonly Endpoint[] {
  const most = Math.min(Math.floor(ready.length * maxShare), ready.length - 1);
  if (most <= 0) return ready;
  const known = new Set(ready.map(({ address }) => address));
  const out = new Set([...excluded].filter((address) => known.has(address)).slice(0, most));
  return out.size === 0 ? ready : ready.filter(({ address }) => !out.has(address));
}
