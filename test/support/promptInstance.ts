import { systemClock } from '../../src/clock.ts';
import { hashingSchemes } from '../../src/prefix/hashingSchemes.ts';
import { sharingMetrics } from '../../src/prefixSharing/metrics.ts';
import { SharedPrompts } from '../../src/prefixSharing/sharedPrompts.ts';
import type { PromptCuts } from '../../src/request/promptCuts.ts';
import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import { PlacedPrompts } from '../../src/scheduling/placedPrompts.ts';
import { createInstruments } from '../../src/telemetry/instruments.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { until } from '../../tools/testbed/until.ts';
import { type LedgerInstance, startLedger } from './ledgerInstance.ts';
import { seededRandom } from './seededRandom.ts';

export interface PromptInstanceOptions {
  readonly schemes?: readonly number[];
  readonly bytesPerSecond?: number;
  readonly startedUnixMs?: number;
  /** Skipped records, by kind. */
  readonly skipped?: string[];
}

/** The policy `prefix` of one instance, its ledger, and what it shares, on a real etcd. */
export class PromptInstance {
  readonly id: string;
  readonly instance: LedgerInstance;
  readonly shared: SharedPrompts;
  readonly prompts: PlacedPrompts;
  readonly metrics = createInstruments(sharingMetrics);
  readonly #endpoints: readonly Endpoint[];
  /** How much later it is by its clock. */
  aheadMs = 0;
  /** What the session has read at the time it joined. */
  entriesWhenJoined: number | undefined;

  constructor(
    id: string,
    etcdUrl: string,
    endpoints: readonly Endpoint[],
    {
      schemes = hashingSchemes,
      bytesPerSecond = 256 * 1024,
      startedUnixMs = Date.now(),
      skipped = [],
    }: PromptInstanceOptions = {},
  ) {
    this.id = id;
    this.#endpoints = endpoints;
    this.prompts = new PlacedPrompts({
      pods: { cacheTokens: 400_000, prefillTokensPerSecond: 16_000 },
      random: seededRandom(1),
      nowMs: systemClock.nowMs,
      onPlaced: ({ address }, prompt, { uncachedTokens, work }) => {
        instance.ledger.assign(address, work);
        this.shared.onPlaced(address, prompt, uncachedTokens);
      },
    });
    const store = {
      get state() {
        return instance.store.state;
      },
      withClient: (...args: Parameters<LedgerInstance['store']['withClient']>) =>
        instance.store.withClient(...args),
    };
    this.shared = new SharedPrompts({
      localId: id,
      startedUnixMs,
      prompts: this.prompts,
      store,
      instances: () => instance.ledger.instances,
      isInPool: (address) => endpoints.some((endpoint) => endpoint.address === address),
      isPoolKnown: () => true,
      budget: () => ({ bytesPerSecond, writesPerSecond: 500 }),
      schemes,
      clock: { ...systemClock, nowMs: () => systemClock.nowMs() + this.aheadMs },
      onSkipped: (kind) => skipped.push(kind),
      log: silentLog,
      metrics: this.metrics,
    });
    const instance = startLedger(id, etcdUrl, {
      hashingSchemes: schemes,
      also: this.shared.subscriptions,
      onState: ({ kind }) => {
        if (kind !== 'joined') return;
        this.entriesWhenJoined ??= this.shared.report().entries;
        this.shared.onJoined();
      },
    });
    this.instance = instance;
    this.shared.start();
  }

  async joined(): Promise<this> {
    await until(() => this.instance.store.state.kind === 'joined', { what: `${this.id} to join` });
    return this;
  }

  /** The prompt goes to this pod, and stays there until it is released. */
  place(prompt: PromptCuts, pod: Endpoint): { release(): void } {
    this.prompts.place(prompt, pod, this.#endpoints);
    return this.instance.ledger.reserve(pod.address);
  }

  /** How many cuts of the prompt the pod has, as this instance knows. */
  knows(prompt: PromptCuts, pod: Endpoint): number {
    return this.prompts.prefixesOf(pod.address)?.matchedCuts(prompt) ?? 0;
  }

  async untilKnows(prompt: PromptCuts, pod: Endpoint): Promise<void> {
    await until(() => this.knows(prompt, pod) === prompt.keys.length, {
      what: `${this.id} to know a prompt on ${pod.address}`,
    });
  }

  /** As by SIGTERM. */
  async stop(): Promise<void> {
    await this.shared.stop();
    await this.instance.stop();
  }

  /** As far as etcd sees a crash: the membership ends, and nothing is written after it. */
  async crash(): Promise<void> {
    await this.instance.stop();
    await this.shared.stop();
  }
}
