import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordSubscription } from '../etcd/records.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { logPoolChanges } from './logPoolChanges.ts';
import { type DuplicateEndpoint, mergeEndpoints, type SourceList } from './mergeEndpoints.ts';
import { oneError } from './oneError.ts';
import type { EndpointHealth, EndpointSource, HealthChange, Pool, PoolPanic, PoolReport } from './pool.ts';
import { PoolReadiness } from './poolReadiness.ts';
import { sameList } from './sameEndpoint.ts';

/**
 * The pool of one instance: the endpoints of its sources, without the unhealthy ones. Both lists
 * are created when something changes, because `ready()` is on the path of every request. When two
 * sources list the same address, the description of the first source counts.
 */
export interface CompositePoolOptions {
  readonly sources: readonly EndpointSource[];
  /** Without it every listed endpoint is ready. */
  readonly health?: EndpointHealth | undefined;
  /** Below this share of healthy endpoints those that serve stay in use (50); 0: never. */
  readonly panicPercent?: number;
  readonly report: PoolReport;
}

/** A pool of this size is merged in one turn of the event loop. */
const mostAtOnce = 1_000;
/** The verdicts of this time are one change of a larger pool. */
const largePoolPauseMs = 100;

export class CompositePool implements Pool {
  readonly #sources: readonly EndpointSource[];
  readonly #health: EndpointHealth | undefined;
  readonly #readiness: PoolReadiness | undefined;
  readonly #report: PoolReport;
  /** The last list of each source, in the order of the sources. */
  readonly #lists: (readonly Endpoint[])[];
  /** Sources that have not given a whole list yet. */
  readonly #unfinished: Set<number>;
  readonly #listeners = new Set<() => void>();
  #all: readonly Endpoint[] = [];
  #addresses: ReadonlySet<string> = new Set();
  #ready: readonly Endpoint[] = [];
  #duplicates: ReadonlyMap<string, DuplicateEndpoint> = new Map();
  #isKnown: boolean;
  #merging: Promise<void> | undefined;
  #isMerging = false;
  #isOutdated = false;
  /** Cancels it. */
  #pendingRefresh: (() => void) | undefined;
  /** A verdict came since the last refresh. */
  #hasVerdict = false;
  #nextRefresh: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;

  constructor({ sources, health, panicPercent, report }: CompositePoolOptions) {
    this.#sources = sources;
    this.#health = health;
    this.#readiness = health && new PoolReadiness({ health, panicPercent, report });
    this.#report = report;
    this.#lists = sources.map(() => []);
    this.#unfinished = new Set(sources.keys());
    this.#isKnown = sources.length === 0;
    health?.onVerdict((verdict) => this.#onVerdict(verdict));
  }

  /** Of all sources; to be handed to the session. */
  get subscriptions(): readonly RecordSubscription[] {
    return this.#sources.flatMap(({ subscription }) => subscription ?? []);
  }

  all(): readonly Endpoint[] {
    return this.#all;
  }

  /** Of `all()`; a new set after each change. */
  get addresses(): ReadonlySet<string> {
    return this.#addresses;
  }

  ready(): readonly Endpoint[] {
    return this.#ready;
  }

  /** Has every source given a whole list? Until then, who is missing may only be unknown. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Undefined while enough endpoints pass their probes. */
  get panic(): PoolPanic | undefined {
    return this.#readiness?.panic;
  }

  /** Why an endpoint fails its probes; undefined where it does not. */
  faultOf(address: string): string | undefined {
    return this.#health?.faultOf(address)?.reason;
  }

  /** Did the last probe of an endpoint fail? Then its answers are worth watching. */
  isDoubtful(address: string): boolean {
    return this.#health?.isDoubtful(address) ?? false;
  }

  /** A request that was sent at `startedMs` (performance.now) was answered well. */
  recordAnswer(address: string, startedMs: number): void {
    if (this.#readiness?.recordAnswer(address, startedMs)) this.#scheduleRefresh();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves when every source has its first list (etcd is not waited for), before the first
   * verdicts.
   * @throws the source's error, or one for those of several sources; the pool is stopped then.
   */
  async start(): Promise<void> {
    const starts = this.#sources.map((source, index) =>
      source.start((endpoints, isWhole) => this.#onEndpoints(index, endpoints, isWhole)),
    );
    const errors = (await Promise.allSettled(starts)).flatMap((end) =>
      end.status === 'rejected' ? [end.reason] : [],
    );
    await this.#merging;
    if (errors.length === 0) return;
    await this.stop();
    throw oneError(errors);
  }

  /** The lists stay as they are: requests in flight may still read them. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#pendingRefresh?.();
    clearTimeout(this.#nextRefresh);
    await Promise.all([this.#merging, ...this.#sources.map((source) => source.stop()), this.#health?.stop()]);
  }

  #onEndpoints(index: number, endpoints: readonly Endpoint[], isWhole = true): void {
    if (this.#stopped) return;
    if (isWhole) this.#unfinished.delete(index);
    this.#lists[index] = endpoints;
    if (this.#isMerging) this.#isOutdated = true;
    else this.#merging = this.#merge();
  }

  /** A small pool is merged at once; a large one in steps, between which decisions are made. */
  async #merge(): Promise<void> {
    this.#isMerging = true;
    do {
      this.#isOutdated = false;
      const lists = this.#lists.map((endpoints, i) => ({ source: this.#sources[i]?.name ?? '', endpoints }));
      const isKnown = this.#unfinished.size === 0;
      const isLarge = lists.reduce((sum, { endpoints }) => sum + endpoints.length, 0) > mostAtOnce;
      const steps = this.#mergeSteps(lists, isKnown);
      while (!steps.next().done) if (isLarge) await nextTurn();
    } while (this.#isOutdated && !this.#stopped);
    this.#isMerging = false;
  }

  *#mergeSteps(lists: readonly SourceList[], isKnown: boolean): Generator<undefined, void> {
    const { all, addresses, duplicates } = yield* mergeEndpoints(lists, this.#all);
    if (this.#stopped) return;
    this.#logDuplicates(duplicates);
    const before = this.#all;
    if (sameList(all, before)) {
      const wasKnown = this.#isKnown;
      this.#isKnown = isKnown;
      if (isKnown !== wasKnown) this.#notify();
      return;
    }
    const isSameSet = all.length === before.length && before.every(({ address }) => addresses.has(address));
    if (!isSameSet) {
      this.#readiness?.watch(addresses);
      yield;
      if (this.#stopped) return;
      logPoolChanges(this.#report.log, {
        before,
        now: addresses,
        wasReady: new Set(this.#ready.map(({ address }) => address)),
        isProbed: this.#health !== undefined,
      });
    }
    this.#all = all;
    this.#addresses = addresses;
    this.#isKnown = isKnown;
    this.#selectReady();
    this.#notify();
  }

  #logDuplicates(duplicates: ReadonlyMap<string, DuplicateEndpoint>): void {
    for (const [key, duplicate] of duplicates) {
      if (this.#duplicates.has(key)) continue;
      this.#report.count('duplicate-endpoint', duplicate.source);
      this.#report.log.warn(
        { event: 'endpoint.duplicate', ...duplicate },
        'endpoint listed twice; the first source is used',
      );
    }
    this.#duplicates = duplicates;
  }

  #onVerdict({ address, healthy, reason }: HealthChange): void {
    if (this.#stopped) return;
    const fields = { endpoint: address, ready: healthy, reason };
    const { log } = this.#report;
    if (healthy) log.info({ event: 'endpoint.ready', ...fields }, 'endpoint ready');
    else log.info({ event: 'endpoint.unready', ...fields }, 'endpoint not ready');
    this.#report.onVerdict?.({ address, healthy, reason });
    this.#hasVerdict = true;
    this.#scheduleRefresh();
  }

  /** The verdicts of one turn are one change; a large pool starts with thousands. */
  #scheduleRefresh(): void {
    if (this.#stopped || this.#pendingRefresh) return;
    const refresh = () => {
      this.#pendingRefresh = undefined;
      const before = this.#ready;
      const hasVerdict = this.#hasVerdict;
      this.#hasVerdict = false;
      this.#selectReady();
      if (this.#ready !== before || hasVerdict) this.#notify();
    };
    if (this.#all.length > mostAtOnce) {
      const timer = setTimeout(refresh, largePoolPauseMs);
      this.#pendingRefresh = () => clearTimeout(timer);
    } else {
      const immediate = setImmediate(refresh);
      this.#pendingRefresh = () => clearImmediate(immediate);
    }
  }

  /** Keeps the array where its elements stay the same. */
  #selectReady(): void {
    clearTimeout(this.#nextRefresh);
    const { ready, againMs } = this.#readiness?.select(this.#all) ?? { ready: this.#all, againMs: undefined };
    if (!sameList(ready, this.#ready)) this.#ready = ready;
    if (againMs !== undefined) this.#nextRefresh = setTimeout(() => this.#scheduleRefresh(), againMs);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
