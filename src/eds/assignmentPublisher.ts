import { setImmediate as nextTurn } from 'node:timers/promises';
import { buildAssignment, type PoolAssignment } from './assignment.ts';
import type { PublishedEndpoint } from './lbEndpoint.ts';

/** The pool as endpoint discovery sees it. */
export interface PublishedPool {
  /** Has every source given its list? Until then an empty pool means nothing. Stays true. */
  isKnown(): boolean;
  endpoints(): readonly PublishedEndpoint[];
}

/**
 * Keeps Envoy's list of the pool (its `ClusterLoadAssignment`) current. Changes that come while it
 * is built are one change.
 */
export class AssignmentPublisher {
  readonly #pool: PublishedPool;
  readonly #onUpdate: () => void;
  #current: PoolAssignment | undefined;
  #isOutdated = false;
  #building: Promise<void> | undefined;
  #isStopped = false;

  /** @param onUpdate called after each change of `current` */
  constructor(pool: PublishedPool, onUpdate: () => void) {
    this.#pool = pool;
    this.#onUpdate = onUpdate;
  }

  /** Undefined while the pool is not known. */
  get current(): PoolAssignment | undefined {
    return this.#current;
  }

  /** The pool, or the health of an endpoint, may have changed. */
  changed(): void {
    if (this.#isStopped) return;
    this.#isOutdated = true;
    this.#building ??= this.#build();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#building;
  }

  async #build(): Promise<void> {
    while (this.#isOutdated && !this.#isStopped) {
      // The changes of one turn of the event loop are one change.
      await nextTurn();
      this.#isOutdated = false;
      if (this.#isStopped || !this.#pool.isKnown()) continue;
      const steps = buildAssignment(this.#pool.endpoints());
      let step = steps.next();
      while (!step.done) {
        await nextTurn();
        step = steps.next();
      }
      if (step.value.version === this.#current?.version) continue;
      this.#current = step.value;
      this.#onUpdate();
    }
    this.#building = undefined;
  }
}
