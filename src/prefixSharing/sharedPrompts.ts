import type { Clock } from '../clock.ts';
import type { EtcdSession } from '../etcd/etcdSession.ts';
import { LastingLease } from '../etcd/lastingLease.ts';
import type { RecordSubscription } from '../etcd/records.ts';
import { hashingSchemes } from '../prefix/hashingSchemes.ts';
import type { InstanceRecord } from '../proto/records/instanceRecord.ts';
import type { OnRecordSkipped } from '../proto/records/recordKeys.ts';
import { subscriptionTo } from '../proto/records/recordRules.ts';
import type { PromptCuts } from '../request/promptCuts.ts';
import type { PlacedPrompts } from '../scheduling/placedPrompts.ts';
import type { Log } from '../telemetry/log.ts';
import { HashingChoice } from './hashingChoice.ts';
import { LogWriter } from './logWriter.ts';
import type { SharingMetrics } from './metrics.ts';
import { PrefixReader } from './prefixReader.ts';
import type { SharedPromptsReport } from './sharedPromptsReport.ts';
import type { SharingBudget } from './sharingBudget.ts';
import { SnapshotWriter } from './snapshotWriter.ts';

export interface SharedPromptsOptions {
  readonly localId: string;
  readonly startedUnixMs: number;
  readonly prompts: PlacedPrompts;
  readonly store: Pick<EtcdSession, 'state' | 'withClient'>;
  /** Of all instances, this one included. */
  readonly instances: () => ReadonlyMap<string, InstanceRecord>;
  readonly isInPool: (address: string) => boolean;
  /** Before that, `isInPool` says nothing. */
  readonly isPoolKnown: () => boolean;
  /** Read at each write: the dynamic configuration changes it. */
  readonly budget: () => SharingBudget;
  /** Default: those of this release. */
  readonly schemes?: readonly number[];
  readonly clock: Clock;
  readonly onSkipped: OnRecordSkipped;
  readonly log: Log;
  readonly metrics: SharingMetrics;
}

/** How long what was placed stays known when no instance is left. */
const leaseTtlSeconds = 600;
/** Between two looks at what snapshots are due, and at the lease. */
const tickMs = 1_000;

/**
 * One memory for the fleet of which prompts went to which pods. Each instance writes what it placed
 * to a ring of records, and the newest entries of the pods that fall to it to one record each. All
 * are under a lease that outlives it, so what an instance placed stays known when it ends, and one
 * that starts reads everything before it is ready. No decision awaits it; without etcd each goes on
 * alone, and tells later.
 */
export class SharedPrompts {
  readonly #options: SharedPromptsOptions;
  readonly #hashing: HashingChoice;
  readonly #reader: PrefixReader;
  readonly #logWriter: LogWriter;
  readonly #snapshotWriter: SnapshotWriter;
  readonly #lease = new LastingLease(leaseTtlSeconds);
  readonly #stopping = new AbortController();
  #cancelTick: () => void = () => {};
  #ticking: Promise<void> = Promise.resolve();

  constructor(options: SharedPromptsOptions) {
    this.#options = options;
    const { schemes = hashingSchemes, clock, instances, prompts, store } = options;
    this.#hashing = new HashingChoice({
      known: schemes,
      ofInstances: () => [...instances().values()].map((instance) => instance.hashingSchemes ?? []),
      prompts,
      nowMs: () => clock.nowMs(),
    });
    const onScheme = (scheme: number): void => this.#hashing.onRecord(scheme);
    const isOfUse = (address: string): boolean => this.#isOfUse(address);
    this.#reader = new PrefixReader({ ...options, schemes, onScheme, isOfUse });
    const writing = {
      ...options,
      scheme: () => this.#hashing.written,
      isJoined: () => store.state.kind === 'joined',
      put: (records: Parameters<LastingLease['put']>[1]) =>
        store.withClient((client) => this.#lease.put(client, records)),
    };
    this.#logWriter = new LogWriter(writing);
    this.#snapshotWriter = new SnapshotWriter(writing);
  }

  /** This instance sent the prompt to the pod, which has to compute so many tokens of it. Cheap. */
  onPlaced(address: string, prompt: PromptCuts, uncachedTokens: number): void {
    this.#logWriter.add(address, prompt, uncachedTokens);
  }

  get subscriptions(): readonly RecordSubscription[] {
    return [subscriptionTo('prefixLog', this.#reader.log), subscriptionTo('podPrefixes', this.#reader.pods)];
  }

  start(): void {
    this.#cancelTick = this.#options.clock.after(tickMs, () => {
      this.#ticking = this.#tick();
    });
  }

  /** By number: the scheme that prompts are known by, then others by which they may be. */
  get schemes(): readonly number[] {
    return [this.#hashing.written, ...this.#hashing.alsoRead];
  }

  /** The session joined: what was placed meanwhile is due. */
  onJoined(): void {
    this.#hashing.update();
    this.#logWriter.onJoined();
  }

  /** Writes what is due, then no more. The records stay. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelTick();
    await this.#ticking;
    await this.#logWriter.stop();
  }

  report(): SharedPromptsReport {
    const { prompts } = this.#options;
    const sum = { pods: 0, entries: 0, memoryBytes: 0 };
    for (const address of prompts.addresses()) {
      const { entries = 0, bytes = 0 } = prompts.prefixesOf(address) ?? {};
      sum.pods += entries > 0 ? 1 : 0;
      sum.entries += entries;
      sum.memoryBytes += bytes;
    }
    const { written, alsoRead } = this.#hashing;
    return { scheme: written, alsoRead, ...sum, ...this.#logWriter.waiting() };
  }

  /** A pod that left the pool may come back. */
  #isOfUse(address: string): boolean {
    const { isInPool, isPoolKnown, prompts } = this.#options;
    return !isPoolKnown() || isInPool(address) || prompts.prefixesOf(address) !== undefined;
  }

  async #tick(): Promise<void> {
    const { store } = this.#options;
    if (store.state.kind === 'joined') {
      this.#hashing.update();
      const { signal } = this.#stopping;
      // The next tick tries again.
      await store.withClient((client) => this.#lease.renew(client, signal)).catch(() => {});
      await this.#snapshotWriter.write(tickMs).catch(() => {});
    }
    if (!this.#stopping.signal.aborted) this.start();
  }
}
