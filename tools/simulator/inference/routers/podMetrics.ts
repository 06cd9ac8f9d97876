import type { Random } from '../../../../src/scheduling/load.ts';
import type { InferencePod } from '../../../podsim/engine/inferencePod.ts';
import type { VirtualClock } from '../../virtualClock.ts';

/** llm-d reads the metrics of each pod so often, from each of its replicas. */
const scrapeMs = 50;

/** What one router last read of all pods. */
export class PodMetrics {
  readonly #pods: readonly InferencePod[];
  readonly #clock: VirtualClock;
  #queues: readonly number[] = [];
  #kvUse: readonly number[] = [];
  #isStopped = false;

  constructor(pods: readonly InferencePod[], clock: VirtualClock, random: Random) {
    this.#pods = pods;
    this.#clock = clock;
    this.#read();
    clock.after(scrapeMs * random(), () => this.#repeat());
  }

  /** Requests that wait in each pod. */
  get queues(): readonly number[] {
    return this.#queues;
  }

  /** The used share of each KV cache. */
  get kvUse(): readonly number[] {
    return this.#kvUse;
  }

  stop(): void {
    this.#isStopped = true;
  }

  #repeat(): void {
    if (this.#isStopped) return;
    this.#read();
    this.#clock.after(scrapeMs, () => this.#repeat());
  }

  #read(): void {
    this.#queues = this.#pods.map(({ waiting }) => waiting.length);
    this.#kvUse = this.#pods.map(({ cache }) => cache.used / cache.capacity);
  }
}
