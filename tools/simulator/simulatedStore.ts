import type { Random } from '../../src/scheduling/load.ts';
import { exponential } from './seededRandom.ts';
import type { VirtualClock } from './virtualClock.ts';

/** What an instance writes: the load report of its ledger, by reference instead of as bytes. */
export interface SimulatedLoadReport {
  readonly sequence: number;
  readonly counts: ReadonlyMap<string, number>;
  /** Tokens of prompts that it sent to each pod in all. */
  readonly assignedTokens: ReadonlyMap<string, number>;
}

export interface Watcher {
  onPut(id: string, loadReport: SimulatedLoadReport): void;
  onDelete(id: string): void;
}

export interface SimulatedStoreOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** Mean latency of a write, and of a change to a watcher. Each is at least half of it. */
  readonly hopMs: number;
  /** The fraction of writes that fail, after twice the mean latency. */
  readonly loss: number;
}

/**
 * etcd as the ledger sees it: keys that live as long as their owner, and watches that preserve the
 * order.
 */
export class SimulatedStore {
  readonly #options: SimulatedStoreOptions;
  readonly #records = new Map<string, SimulatedLoadReport>();
  /** watcher → when its last change arrives; later ones do not overtake it */
  readonly #watchers = new Map<Watcher, number>();
  #writes = 0;

  constructor(options: SimulatedStoreOptions) {
    this.#options = options;
  }

  get writes(): number {
    return this.#writes;
  }

  get records(): ReadonlyMap<string, SimulatedLoadReport> {
    return this.#records;
  }

  /** The watcher gets every later change. */
  watch(watcher: Watcher): void {
    this.#watchers.set(watcher, 0);
  }

  unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  put(id: string, loadReport: SimulatedLoadReport): Promise<void> {
    const { clock, random, loss, hopMs } = this.#options;
    this.#writes += 1;
    return new Promise((resolve, reject) => {
      if (random() < loss) {
        clock.after(2 * hopMs, () => reject(new Error('lost')));
        return;
      }
      clock.after(this.#hop(), () => {
        this.#records.set(id, loadReport);
        this.#notify((watcher) => watcher.onPut(id, loadReport));
        resolve();
      });
    });
  }

  delete(id: string): void {
    if (this.#records.delete(id)) this.#notify((watcher) => watcher.onDelete(id));
  }

  #notify(how: (watcher: Watcher) => void): void {
    const { clock } = this.#options;
    for (const [watcher, lastMs] of this.#watchers) {
      const atMs = Math.max(lastMs, clock.nowMs() + this.#hop());
      this.#watchers.set(watcher, atMs);
      clock.after(atMs - clock.nowMs(), () => {
        if (this.#watchers.has(watcher)) how(watcher);
      });
    }
  }

  #hop(): number {
    const { hopMs, random } = this.#options;
    return hopMs / 2 + exponential(hopMs / 2, random);
  }
}
