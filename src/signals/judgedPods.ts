import type { Clock } from '../clock.ts';
import { convictionOf, failuresAtPeers, type Others, othersOf } from './conviction.ts';
import { HealthTimers } from './healthTimers.ts';
import {
  type HealthTransition,
  isExcluded,
  nextPodHealth,
  type PodEvent,
  type PodHealth,
  type QuarantineTimes,
  trusted,
} from './podHealth.ts';
import type { PodRecord } from './podRecord.ts';

export interface JudgedPodsOptions {
  readonly times: QuarantineTimes;
  readonly clock: Clock;
  /** The record of a new pod. */
  readonly create: (address: string) => PodRecord;
  /** Called for each change of a pod's health. */
  readonly onHealth: (from: PodHealth, to: PodHealth) => void;
  /** The same, without changes that say nothing to an operator. */
  readonly onTransition: (transition: HealthTransition) => void;
  /** Recent failures of a pod that other instances have observed. */
  readonly peerFailures: (address: string) => number;
}

/** The pods that requests were placed on, and the one place where their health changes. */
export class JudgedPods {
  readonly #options: JudgedPodsOptions;
  readonly #pods = new Map<string, PodRecord>();
  readonly #timers: HealthTimers;
  readonly #listeners = new Set<(address: string) => void>();
  #excluded: ReadonlySet<string> = new Set();

  constructor(options: JudgedPodsOptions) {
    this.#options = options;
    this.#timers = new HealthTimers(options.clock, (pod) => this.apply(pod, { kind: 'time' }));
  }

  /** The longest excluded first. A new set after each change. */
  get excluded(): ReadonlySet<string> {
    return this.#excluded;
  }

  /** undefined: no request was placed on it yet. */
  get(address: string): PodRecord | undefined {
    return this.#pods.get(address);
  }

  /** The record of a pod, new when there is none. */
  of(address: string): PodRecord {
    let pod = this.#pods.get(address);
    if (pod === undefined) {
      pod = this.#options.create(address);
      this.#pods.set(address, pod);
    }
    return pod;
  }

  all(): Iterable<PodRecord> {
    return this.#pods.values();
  }

  /** What the other pods show at this time. */
  othersOf(pod: PodRecord): Others {
    return othersOf(pod, this.#pods.values(), this.#options.clock.nowMs());
  }

  /** Calls back after each change of a pod's record. */
  onChange(listener: (address: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something else changed in this record. */
  changed({ address }: PodRecord): void {
    for (const listener of this.#listeners) listener(address);
  }

  /** Puts the pod into quarantine if what was seen of it is its own fault. */
  convict(pod: PodRecord, others: Others): void {
    const { clock, peerFailures } = this.#options;
    const atPeers = failuresAtPeers(pod, this.#pods.values(), peerFailures);
    const conviction = convictionOf(pod, others, atPeers, clock.nowMs());
    if (conviction !== undefined) this.apply(pod, conviction);
  }

  apply(pod: PodRecord, event: PodEvent): void {
    const { clock, times, onHealth, onTransition } = this.#options;
    const { address, health: from } = pod;
    const nowMs = clock.nowMs();
    const to = nextPodHealth(from, event, nowMs, times);
    if (to === from) return;
    pod.setHealth(to, nowMs);
    onHealth(from, to);
    this.#timers.schedule(pod);
    if (isExcluded(to) !== isExcluded(from)) this.#setExcluded();
    if (to.kind !== from.kind || to.kind === 'quarantined') onTransition({ address, from, to });
    this.changed(pod);
  }

  /** Forgets the pods that are in the pool no more. */
  keep(addresses: ReadonlySet<string>): void {
    for (const pod of this.#pods.values()) {
      if (addresses.has(pod.address)) continue;
      this.#timers.cancel(pod.address);
      this.#options.onHealth(pod.health, trusted);
      this.#pods.delete(pod.address);
    }
    this.#setExcluded();
  }

  stop(): void {
    this.#timers.stop();
  }

  #setExcluded(): void {
    const isOut = (address: string) => isExcluded(this.#pods.get(address)?.health ?? trusted);
    const before = [...this.#excluded].filter(isOut);
    const now = [...this.#pods.keys()].filter(isOut);
    this.#excluded = new Set([...before, ...now]);
  }
}
