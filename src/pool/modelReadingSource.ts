import { systemClock } from '../clock.ts';
import { splitHostPort } from '../hostPort.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { readModelList } from './modelList.ts';
import type { EndpointSource, OnEndpoints } from './pool.ts';
import { sameList } from './sameEndpoint.ts';

/** Adapters are loaded and dropped while a pod runs; it is asked again in this time. */
const againMs = 10_000;
/** One that has never answered: it starts. */
const firstAgainMs = 1_000;
/** A large pool is asked more slowly. */
const mostPerSecond = 100;
const timeoutMs = 5_000;
/** Lists that come within this time are one change of the pool. */
const changeMs = 100;

interface Asked {
  readonly address: string;
  /** Empty until it answers with a list. */
  models: readonly string[];
  hasAnswered: boolean;
  cancel: () => void;
}

export interface ModelReadingOptions {
  readonly read?: typeof readModelList;
  readonly clock?: typeof systemClock;
  /** Within [0, 1). */
  readonly random?: () => number;
}

/**
 * The endpoints of another source, with the models that each of them lists itself where the source
 * says nothing. One that has not answered yet, or has no such list, may serve any model. The last
 * list stays while an endpoint does not answer.
 */
export class ModelReadingSource implements EndpointSource {
  readonly #source: EndpointSource;
  readonly #read: typeof readModelList;
  readonly #clock: typeof systemClock;
  readonly #random: () => number;
  readonly #asked = new Map<string, Asked>();
  readonly #stopping = new AbortController();
  #onEndpoints: OnEndpoints = () => {};
  /** As the source lists them. */
  #listed: readonly Endpoint[] = [];
  #isWhole = true;
  #cancelChange: (() => void) | undefined;

  constructor(
    source: EndpointSource,
    { read = readModelList, clock = systemClock, random = Math.random }: ModelReadingOptions = {},
  ) {
    this.#source = source;
    this.#read = read;
    this.#clock = clock;
    this.#random = random;
  }

  get name(): string {
    return this.#source.name;
  }

  get subscription() {
    return this.#source.subscription;
  }

  start(onEndpoints: OnEndpoints): Promise<void> {
    this.#onEndpoints = onEndpoints;
    return this.#source.start((endpoints, isWhole) => this.#onListed(endpoints, isWhole));
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelChange?.();
    for (const asked of this.#asked.values()) asked.cancel();
    return this.#source.stop();
  }

  #onListed(endpoints: readonly Endpoint[], isWhole = true): void {
    this.#listed = endpoints;
    this.#isWhole = isWhole;
    const silent = new Set(
      endpoints.filter(({ models }) => models.length === 0).map(({ address }) => address),
    );
    for (const [address, asked] of this.#asked) {
      if (silent.has(address)) continue;
      asked.cancel();
      this.#asked.delete(address);
    }
    for (const address of silent) {
      if (this.#asked.has(address)) continue;
      const asked = { address, models: [], hasAnswered: false, cancel: () => {} };
      this.#asked.set(address, asked);
      this.#readIn(asked, this.#spread * this.#random());
    }
    this.#emit();
  }

  /** The least time in which all can be asked once, in ms. */
  get #spread(): number {
    return (this.#asked.size / mostPerSecond) * 1_000;
  }

  #readIn(asked: Asked, delayMs: number): void {
    asked.cancel = this.#clock.after(delayMs, () => void this.#readOnce(asked));
  }

  async #readOnce(asked: Asked): Promise<void> {
    const { signal } = this.#stopping;
    const answer = await this.#read({ ...splitHostPort(asked.address), timeoutMs, signal });
    if (signal.aborted || this.#asked.get(asked.address) !== asked) return;
    if (answer !== undefined) {
      asked.hasAnswered = true;
      const models = answer === 'no-list' ? [] : answer;
      if (!sameList(models, asked.models)) {
        asked.models = models;
        this.#changeSoon();
      }
    }
    // Not all at the same moment.
    const usualMs = (asked.hasAnswered ? againMs : firstAgainMs) * (0.9 + 0.2 * this.#random());
    this.#readIn(asked, Math.max(usualMs, this.#spread));
  }

  #changeSoon(): void {
    this.#cancelChange ??= this.#clock.after(changeMs, () => this.#emit());
  }

  #emit(): void {
    this.#cancelChange?.();
    this.#cancelChange = undefined;
    this.#onEndpoints(
      this.#listed.map((endpoint) => {
        const models = this.#asked.get(endpoint.address)?.models ?? [];
        return models.length === 0 ? endpoint : { ...endpoint, models };
      }),
      this.#isWhole,
    );
  }
}
