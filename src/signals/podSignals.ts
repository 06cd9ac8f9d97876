import { isConvicted, othersOf, showsEarlyEnds } from './conviction.ts';
import { ExchangeSignal } from './exchangeSignal.ts';
import { failed, type ResponseVerdict } from './failure.ts';
import { HealthTimers } from './healthTimers.ts';
import { isExcluded, nextPodHealth, type PodEvent, type PodHealth, trusted } from './podHealth.ts';
import { PodRecord } from './podRecord.ts';
import type { PodSignalsOptions } from './podSignalsOptions.ts';
import type { ResponseWatch } from './responseWatch.ts';
import { UsualDuration } from './usualDuration.ts';

/** A pod that failed again so soon is excluded for longer than the last time. */
const relapseMs = 60_000;

/**
 * Judges pods by how their exchanges end. It costs a request two look-ups; only a sample, and the
 * requests of suspected pods, have their responses watched. Whatever it holds of a pod, there is a
 * way back: a quarantine ends by itself, and then trial requests decide.
 */
export class PodSignals {
  readonly #options: PodSignalsOptions;
  readonly #pods = new Map<string, PodRecord>();
  readonly #pool = new UsualDuration();
  readonly #timers: HealthTimers;
  readonly #listeners = new Set<(address: string) => void>();
  #suspected = 0;
  #excluded: ReadonlySet<string> = new Set();
  #penaltiesUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: PodSignalsOptions) {
    this.#options = options;
    this.#timers = new HealthTimers(options.clock, (pod) => this.#apply(pod, { kind: 'time' }));
  }

  /** Excluded from decisions, the longest excluded first. A new set after each change. */
  get excluded(): ReadonlySet<string> {
    return this.#excluded;
  }

  health(address: string): PodHealth {
    return this.record(address)?.health ?? trusted;
  }

  /** undefined: no request was placed on it yet. */
  record(address: string): PodRecord | undefined {
    return this.#pods.get(address);
  }

  /** The pods that are not trusted. */
  *noticed(): Iterable<PodRecord> {
    for (const pod of this.#pods.values()) if (pod.health.kind !== 'trusted') yield pod;
  }

  /** Calls back after each change of what is held of a pod, and after each failure. */
  onChange(listener: (address: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A request that arrived at `startMs`, by the same clock, was placed on this pod. */
  begin(address: string, startMs: number): ExchangeSignal {
    const pod = this.#podOf(address);
    const isTrial = pod.health.kind === 'trial' && pod.health.awaitedUntilMs === undefined;
    if (isTrial) this.#apply(pod, { kind: 'trial-sent' });
    return new ExchangeSignal(address, startMs, this.#watchFor(pod), isTrial);
  }

  onHeaders(
    exchange: ExchangeSignal,
    status: number | undefined,
    served: string | undefined,
    isEnd: boolean,
  ): void {
    // Envoy moves to another pod only when the chosen one was not reached.
    if (served !== undefined && served !== exchange.address) {
      const { address } = exchange;
      this.#judge(this.#podOf(address), failed('unreachable'), exchange.isTrial);
      exchange.isDecided = true;
      exchange.served = served;
      return;
    }
    this.#decide(exchange, exchange.onHeaders(status, served, isEnd));
  }

  onBody(exchange: ExchangeSignal, part: Buffer, isEnd: boolean): void {
    if (exchange.isDecided) return;
    const elapsedMs = this.#options.clock.nowMs() - exchange.startMs;
    const isPastEarly = elapsedMs > this.#podOf(exchange.address).earlyMs(this.#pool);
    this.#decide(exchange, exchange.onBody(part, isEnd, isPastEarly));
  }

  onEnd(exchange: ExchangeSignal): void {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    const pod = this.#podOf(exchange.served ?? exchange.address);
    const durationMs = nowMs - exchange.startMs;
    const isEarly = durationMs < pod.earlyMs(this.#pool);
    const usualMs = pod.usualMs(this.#pool);
    pod.ended(durationMs, isEarly);
    this.#pool.add(durationMs, isEarly);
    if (!exchange.isDecided) {
      const verdict = exchange.onEnd(isEarly);
      if (exchange.watch === 'none' && !isEarly) pod.normalEnds.add(nowMs);
      this.#judge(pod, verdict, exchange.isTrial);
    }
    if (!isEarly) return;
    if (showsEarlyEnds(pod, this.#pods.values())) this.#apply(pod, { kind: 'sign' });
    if (pod.health.kind !== 'trusted') this.#penalize(pod, exchange.startMs + usualMs);
  }

  /** What the pod's early ends add to its load, so that they draw no further requests. */
  penalties(address: string): number {
    // Nearly always there are none.
    if (this.#penaltiesUntilMs === Number.NEGATIVE_INFINITY) return 0;
    const nowMs = this.#options.clock.nowMs();
    if (nowMs >= this.#penaltiesUntilMs) {
      this.#penaltiesUntilMs = Number.NEGATIVE_INFINITY;
      return 0;
    }
    return this.#pods.get(address)?.penalties(nowMs) ?? 0;
  }

  /** How many schedulers likely meet the same. */
  get schedulers(): number {
    return this.#options.schedulers();
  }

  /** Something outside of this instance's exchanges happened to this pod. */
  apply(address: string, event: PodEvent): void {
    this.#apply(this.#podOf(address), event);
  }

  /** Other instances have observed failures of this pod. */
  reconsider(address: string): void {
    const pod = this.#podOf(address);
    this.#apply(pod, { kind: 'sign' });
    this.#convict(pod);
  }

  /** Forgets the pods that are in the pool no more. */
  keep(addresses: ReadonlySet<string>): void {
    for (const pod of this.#pods.values()) {
      if (addresses.has(pod.address)) continue;
      this.#timers.cancel(pod.address);
      if (pod.health.kind === 'suspected') this.#suspected -= 1;
      this.#pods.delete(pod.address);
    }
    this.#setExcluded();
  }

  stop(): void {
    this.#timers.stop();
  }

  #watchFor(pod: PodRecord): ResponseWatch {
    const { sampleOneIn } = this.#options.settings;
    if (sampleOneIn === 0) return 'none';
    if (pod.health.kind !== 'trusted') return 'body';
    // While a pod is suspected, the others show whether it fails alone.
    if (this.#suspected > 0 || this.#options.isDoubtful(pod.address)) return 'headers';
    pod.untilSample -= 1;
    if (pod.untilSample > 0) return 'none';
    pod.untilSample = sampleOneIn;
    return 'headers';
  }

  #decide(exchange: ExchangeSignal, verdict: ResponseVerdict | undefined): void {
    if (verdict === undefined || exchange.isDecided) return;
    exchange.isDecided = true;
    const address = exchange.served ?? exchange.address;
    if (verdict.kind === 'good') this.#options.onGood(address, exchange.startMs);
    this.#judge(this.#podOf(address), verdict, exchange.isTrial);
  }

  #judge(pod: PodRecord, verdict: ResponseVerdict, isTrial: boolean): void {
    const nowMs = this.#options.clock.nowMs();
    switch (verdict.kind) {
      case 'good':
        pod.successes.add(nowMs);
        if (isTrial) this.#apply(pod, { kind: 'trial-passed' });
        return;
      case 'neutral':
        if (isTrial) this.#apply(pod, { kind: 'trial-undecided' });
        return;
      case 'failure': {
        const { failure } = verdict;
        pod.failures.add(nowMs);
        pod.lastFailure = failure;
        this.#options.onFailure(failure);
        this.#apply(pod, { kind: 'sign' });
        if (isTrial) this.#apply(pod, { kind: 'trial-failed', reason: failure });
        else this.#convict(pod);
        for (const listener of this.#listeners) listener(pod.address);
        return;
      }
      default:
        verdict satisfies never;
    }
  }

  #convict(pod: PodRecord): void {
    const nowMs = this.#options.clock.nowMs();
    const others = othersOf(pod, this.#pods.values(), nowMs);
    if (!isConvicted(pod, others, this.#options.peerFailures(pod.address), nowMs)) return;
    const isRelapse = nowMs - pod.trustedSinceMs < relapseMs;
    const level = isRelapse ? pod.lastLevel + 1 : 0;
    this.#apply(pod, { kind: 'convicted', reason: pod.lastFailure, level });
  }

  #penalize(pod: PodRecord, untilMs: number): void {
    pod.penalize(untilMs);
    this.#penaltiesUntilMs = Math.max(this.#penaltiesUntilMs, untilMs);
  }

  #apply(pod: PodRecord, event: PodEvent): void {
    const { clock, settings, onTransition } = this.#options;
    const { health: from } = pod;
    const times = { baseMs: settings.quarantineBaseMs, maxMs: settings.quarantineMaxMs };
    const nowMs = clock.nowMs();
    const to = nextPodHealth(from, event, nowMs, times);
    if (to === from) return;
    pod.health = to;
    if (to.kind === 'quarantined') pod.lastLevel = to.level;
    if (to.kind === 'trusted' && from.kind !== 'suspected') {
      pod.trustedSinceMs = nowMs;
      pod.forget();
    }
    this.#suspected += Number(to.kind === 'suspected') - Number(from.kind === 'suspected');
    this.#timers.schedule(pod);
    if (isExcluded(to) !== isExcluded(from)) this.#setExcluded();
    if (to.kind !== from.kind || to.kind === 'quarantined') onTransition({ address: pod.address, from, to });
    for (const listener of this.#listeners) listener(pod.address);
  }

  #setExcluded(): void {
    const before = [...this.#excluded].filter((address) => isExcluded(this.health(address)));
    const now = [...this.#pods.values()].filter(({ health }) => isExcluded(health));
    this.#excluded = new Set([...before, ...now.map(({ address }) => address)]);
  }

  #podOf(address: string): PodRecord {
    let pod = this.#pods.get(address);
    if (pod === undefined) {
      const untilSample = 1 + Math.floor(this.#options.random() * this.#options.settings.sampleOneIn);
      pod = new PodRecord(address, untilSample);
      this.#pods.set(address, pod);
    }
    return pod;
  }
}
