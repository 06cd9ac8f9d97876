import { isDeepStrictEqual } from 'node:util';
import { BatonError } from '../errors.ts';
import type { RecordSubscription } from '../etcd/records.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import type { EndpointHealth, EndpointSource, HealthChange, Pool, PoolPanic, PoolReport } from './pool.ts';
import { PoolReadiness } from './poolReadiness.ts';

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

/**
 * An address that `source` lists although `first`, an earlier source or the same one, has listed
 * it.
 */
interface Duplicate {
  readonly endpoint: string;
  readonly source: string;
  readonly first: string;
}

export class CompositePool implements Pool {
  readonly #sources: readonly EndpointSource[];
  readonly #health: EndpointHealth | undefined;
  readonly #readiness: PoolReadiness | undefined;
  readonly #report: PoolReport;
  /** The last list of each source, in the order of the sources. */
  readonly #lists: (readonly Endpoint[])[];
  readonly #listeners = new Set<() => void>();
  #all: readonly Endpoint[] = [];
  #ready: readonly Endpoint[] = [];
  #duplicates: ReadonlyMap<string, Duplicate> = new Map();
  #pendingRefresh: NodeJS.Immediate | undefined;
  #nextRefresh: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;

  constructor({ sources, health, panicPercent, report }: CompositePoolOptions) {
    this.#sources = sources;
    this.#health = health;
    this.#readiness = health && new PoolReadiness({ health, panicPercent, report });
    this.#report = report;
    this.#lists = sources.map(() => []);
    health?.onVerdict((verdict) => this.#onVerdict(verdict));
  }

  /** Of all sources; to be handed to the session. */
  get subscriptions(): readonly RecordSubscription[] {
    return this.#sources.flatMap(({ subscription }) => subscription ?? []);
  }

  all(): readonly Endpoint[] {
    return this.#all;
  }

  ready(): readonly Endpoint[] {
    return this.#ready;
  }

  /** Undefined while enough endpoints pass their probes. */
  get panic(): PoolPanic | undefined {
    return this.#readiness?.panic;
  }

  /** Why an endpoint fails its probes; undefined where it does not. */
  faultOf(address: string): string | undefined {
    return this.#health?.faultOf(address)?.reason;
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
      source.start((endpoints) => this.#onEndpoints(index, endpoints)),
    );
    const errors = (await Promise.allSettled(starts)).flatMap((end) =>
      end.status === 'rejected' ? [end.reason] : [],
    );
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
    clearImmediate(this.#pendingRefresh);
    clearTimeout(this.#nextRefresh);
    await Promise.all([...this.#sources.map((source) => source.stop()), this.#health?.stop()]);
  }

  #onEndpoints(index: number, endpoints: readonly Endpoint[]): void {
    if (this.#stopped) return;
    this.#lists[index] = endpoints;
    const all = this.#merge();
    const before = this.#all;
    if (sameElements(all, before)) return;
    this.#all = all;
    const addresses = new Set(all.map(({ address }) => address));
    this.#readiness?.watch(addresses);
    this.#logChanges(before, addresses);
    this.#selectReady();
    this.#notify();
  }

  /** Keeps the objects of unchanged endpoints, so that an unchanged endpoint is the same object. */
  #merge(): Endpoint[] {
    const known = new Map(this.#all.map((endpoint) => [endpoint.address, endpoint]));
    const merged = new Map<string, Endpoint>();
    const sourceOf = new Map<string, string>();
    const duplicates = new Map<string, Duplicate>();
    for (const [index, endpoints] of this.#lists.entries()) {
      const source = this.#sources[index]?.name ?? '';
      for (const endpoint of endpoints) {
        const { address } = endpoint;
        const first = sourceOf.get(address);
        if (first !== undefined) {
          duplicates.set(`${address} ${source}`, { endpoint: address, source, first });
          continue;
        }
        const before = known.get(address);
        merged.set(address, before && isDeepStrictEqual(before, endpoint) ? before : endpoint);
        sourceOf.set(address, source);
      }
    }
    this.#logDuplicates(duplicates);
    return [...merged.values()];
  }

  #logDuplicates(duplicates: ReadonlyMap<string, Duplicate>): void {
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

  #logChanges(before: readonly Endpoint[], now: ReadonlySet<string>): void {
    const { log } = this.#report;
    const wasReady = new Set(this.#ready.map(({ address }) => address));
    const known = new Set(before.map(({ address }) => address));
    for (const address of known) {
      if (now.has(address) || !wasReady.has(address)) continue;
      const reason = 'no source lists it';
      log.info({ event: 'endpoint.removed', endpoint: address, ready: false, reason }, 'endpoint removed');
    }
    if (this.#health) return;
    for (const address of now) {
      if (known.has(address)) continue;
      const reason = 'listed; not probed';
      log.info({ event: 'endpoint.ready', endpoint: address, ready: true, reason }, 'endpoint ready');
    }
  }

  #onVerdict({ address, healthy, reason }: HealthChange): void {
    if (this.#stopped) return;
    const fields = { endpoint: address, ready: healthy, reason };
    const { log } = this.#report;
    if (healthy) log.info({ event: 'endpoint.ready', ...fields }, 'endpoint ready');
    else log.info({ event: 'endpoint.unready', ...fields }, 'endpoint not ready');
    this.#scheduleRefresh();
  }

  /**
   * The verdicts of one turn of the event loop are one change: a large pool starts with thousands.
   */
  #scheduleRefresh(): void {
    if (this.#stopped) return;
    this.#pendingRefresh ??= setImmediate(() => {
      this.#pendingRefresh = undefined;
      const before = this.#ready;
      this.#selectReady();
      if (this.#ready !== before) this.#notify();
    });
  }

  /** Keeps the array where its elements stay the same. */
  #selectReady(): void {
    clearTimeout(this.#nextRefresh);
    const { ready, againMs } = this.#readiness?.select(this.#all) ?? { ready: this.#all, againMs: undefined };
    if (!sameElements(ready, this.#ready)) this.#ready = ready;
    if (againMs !== undefined) this.#nextRefresh = setTimeout(() => this.#scheduleRefresh(), againMs);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function oneError(errors: readonly Error[]): Error | undefined {
  const [first] = errors;
  if (errors.length === 1) return first;
  const message = errors.map((error) => error.message).join('; ');
  const cause = new AggregateError(errors, message);
  const isBug = errors.some((error) => !(error instanceof BatonError));
  return first instanceof BatonError && !isBug ? new BatonError(first.code, message, { cause }) : cause;
}

function sameElements<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((element, index) => element === right[index]);
}
