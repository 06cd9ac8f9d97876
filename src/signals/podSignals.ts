import { EarlyEnds } from './earlyEnds.ts';
import { ExchangeSignal } from './exchangeSignal.ts';
import { failed, good, isLate, neutral, type ResponseVerdict } from './failure.ts';
import { JudgedPods } from './judgedPods.ts';
import { LateEnds } from './lateEnds.ts';
import { PodPenalties } from './penalties.ts';
import { isJudged, type PodEvent, type PodHealth, suspicionMs, trusted } from './podHealth.ts';
import type { PodRecord } from './podRecord.ts';
import type { PodSignalsOptions } from './podSignalsOptions.ts';
import { ResponseSampler } from './responseSampler.ts';
import type { ResponseWatch } from './responseWatch.ts';

/**
 * Judges pods by how their exchanges end. It costs a request two look-ups; only a sample, and the
 * requests of suspected pods, have their responses watched. Whatever it holds of a pod, there is a
 * way back: a quarantine ends by itself, and then trial requests decide.
 */
export class PodSignals {
  /** What early ends add to the load of pods, so that they draw no further requests. */
  readonly penalties: PodPenalties;
  readonly #options: PodSignalsOptions;
  readonly #pods: JudgedPods;
  readonly #early = new EarlyEnds();
  readonly #late = new LateEnds();
  readonly #sampler: ResponseSampler;

  constructor(options: PodSignalsOptions) {
    this.#options = options;
    const { clock, isDoubtful, onTransition, peerFailures, random, schedulers, settings } = options;
    const { sampleOneIn, quarantineBaseMs: baseMs, quarantineMaxMs: maxMs } = settings;
    this.#sampler = new ResponseSampler({ sampleOneIn, random, isDoubtful });
    this.#pods = new JudgedPods({
      times: { baseMs, maxMs },
      clock,
      create: (address) => this.#sampler.newRecord(address),
      onHealth: (from, to) => this.#sampler.onChange(from, to),
      onTransition,
      peerFailures,
    });
    this.penalties = new PodPenalties(clock, (address) => this.#pods.get(address), schedulers);
  }

  /** Excluded from decisions, the longest excluded first. A new set after each change. */
  get excluded(): ReadonlySet<string> {
    return this.#pods.excluded;
  }

  health(address: string): PodHealth {
    return this.record(address)?.health ?? trusted;
  }

  /** undefined: no request was placed on it yet. */
  record(address: string): PodRecord | undefined {
    return this.#pods.get(address);
  }

  /** The pods that are not trusted, and one whose early end may be a sign for peers. */
  *noticed(): Iterable<PodRecord> {
    const nowMs = this.#options.clock.nowMs();
    for (const pod of this.#pods.all())
      if (pod.health.kind !== 'trusted' || this.#early.isAnnounced(pod, nowMs)) yield pod;
  }

  /** Calls back after each change of what is held of a pod, and after each failure. */
  onChange(listener: (address: string) => void): () => void {
    return this.#pods.onChange(listener);
  }

  /** What to watch of a response that is likely to come from this pod. */
  watchAhead(likely: string): ResponseWatch {
    return this.#sampler.watchForLikely(this.#pods.of(likely));
  }

  /** A request that arrived at `startMs` goes to this pod. `watch` was asked for already. */
  begin(address: string, startMs: number, watch?: ResponseWatch): ExchangeSignal {
    const pod = this.#pods.of(address);
    pod.onPlaced();
    const isTrial = pod.health.kind === 'trial' && pod.health.awaitedUntilMs === undefined;
    if (isTrial) this.#pods.apply(pod, { kind: 'trial-sent' });
    const exchange = new ExchangeSignal(address, startMs, watch ?? this.#sampler.watchFor(pod), isTrial);
    // A body is asked for only of a POST.
    exchange.expectsContent = watch !== undefined;
    return exchange;
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
      this.#judge(this.#pods.of(address), failed('unreachable'), exchange);
      exchange.isDecided = true;
      exchange.served = served;
      return;
    }
    this.#decide(exchange, exchange.onHeaders(status, served, isEnd));
  }

  onBody(exchange: ExchangeSignal, part: Buffer, isEnd: boolean): void {
    if (exchange.isDecided) return;
    const pod = this.#pods.of(exchange.address);
    const elapsedMs = this.#options.clock.nowMs() - exchange.startMs;
    const isPastEarly = elapsedMs > pod.earlyMs(this.#early.usual);
    const verdict = exchange.onBody(part, isEnd, isPastEarly);
    if (verdict !== undefined) this.#onBodyEnd(pod, exchange, verdict);
    else if (isPastEarly && !exchange.isGoodSoFar && !pod.mustComplete) {
      exchange.isGoodSoFar = true;
      this.#succeed(pod, exchange);
    }
  }

  onTrailers(exchange: ExchangeSignal): void {
    if (exchange.isDecided || exchange.watch !== 'body') return;
    this.#onBodyEnd(this.#pods.of(exchange.address), exchange, exchange.onTrailers());
  }

  onEnd(exchange: ExchangeSignal): void {
    const nowMs = this.#options.clock.nowMs();
    const pod = this.#pods.of(exchange.served ?? exchange.address);
    const isEarly = this.#early.record(pod, nowMs - exchange.startMs);
    if (!exchange.isDecided) {
      if (exchange.watch === 'none' && !isEarly) pod.normalEnds.add(nowMs);
      if (exchange.isIncomplete) this.#onIncomplete(pod, exchange, isEarly);
      else this.#judge(pod, neutral, exchange);
    }
    if (!isEarly) return;
    if (exchange.watch === 'none' && !exchange.isDecided) pod.suspicion.onFailed(this.#early.share);
    this.#onEarlyEnd(pod);
  }

  /** Something outside of this instance's exchanges happened to this pod. */
  apply(address: string, event: PodEvent): void {
    this.#pods.apply(this.#pods.of(address), event);
  }

  /** Another instance has observed a failure of this pod. */
  onPeerFailure(address: string): void {
    const pod = this.#pods.of(address);
    this.#pods.apply(pod, { kind: 'sign' });
    this.#penalize(pod);
    this.#pods.convict(pod, this.#pods.othersOf(pod));
  }

  /** An exchange of another instance with this pod ended early, which is unusual. */
  onPeerEarlyEnd(address: string): void {
    const pod = this.#pods.of(address);
    pod.earlyRun.addOfPeer(pod.placed);
    if (!this.#early.isSign(pod, this.#pods.all())) return;
    this.#pods.apply(pod, { kind: 'sign' });
    this.#penalize(pod);
  }

  /** Forgets the pods that are in the pool no more. */
  keep(addresses: ReadonlySet<string>): void {
    this.#pods.keep(addresses);
  }

  stop(): void {
    this.#pods.stop();
  }

  #decide(exchange: ExchangeSignal, verdict: ResponseVerdict | undefined): void {
    if (verdict === undefined || exchange.isDecided) return;
    exchange.isDecided = true;
    const pod = this.#pods.of(exchange.served ?? exchange.address);
    if (verdict.kind === 'good') this.#succeed(pod, exchange);
    else this.#judge(pod, verdict, exchange);
  }

  #succeed(pod: PodRecord, exchange: ExchangeSignal): void {
    this.#options.onGood(pod.address, exchange.startMs);
    this.#judge(pod, good, exchange);
  }

  /** The response was complete, or failed before. */
  #onBodyEnd(pod: PodRecord, exchange: ExchangeSignal, verdict: ResponseVerdict): void {
    const isFailure = verdict.kind === 'failure';
    if (!isFailure || isLate(verdict.failure)) this.#late.record(pod, !isFailure);
    if (!exchange.isGoodSoFar) this.#decide(exchange, verdict);
    else if (isFailure) this.#failAfterAll(pod, exchange, verdict);
    exchange.isDecided = true;
  }

  /** The pod cut the response, or the client has left: Envoy does not say. */
  #onIncomplete(pod: PodRecord, exchange: ExchangeSignal, isEarly: boolean): void {
    if (isEarly) this.#judge(pod, failed('cut'), exchange);
    else if (this.#late.record(pod, false)) this.#failAfterAll(pod, exchange, failed('cut-late'));
    else {
      this.#sampler.sampleNextBody(pod);
      this.#judge(pod, neutral, exchange);
    }
  }

  #failAfterAll(pod: PodRecord, exchange: ExchangeSignal, verdict: ResponseVerdict): void {
    if (exchange.isGoodSoFar) pod.retractSuccess(this.#options.clock.nowMs());
    this.#judge(pod, verdict, exchange);
  }

  #judge(pod: PodRecord, verdict: ResponseVerdict, { isTrial }: ExchangeSignal): void {
    const nowMs = this.#options.clock.nowMs();
    switch (verdict.kind) {
      case 'good':
        pod.successes.add(nowMs);
        if (isTrial) this.#pods.apply(pod, { kind: 'trial-passed' });
        return;
      case 'neutral':
        if (isTrial) this.#pods.apply(pod, { kind: 'trial-undecided' });
        return;
      case 'failure': {
        const { failure } = verdict;
        const others = this.#pods.othersOf(pod);
        pod.failed(failure, others.share, nowMs);
        this.#options.onFailure(failure);
        this.#sign(pod);
        if (isTrial && pod.health.kind === 'trial')
          this.#pods.apply(pod, { kind: 'trial-failed', reason: failure });
        else this.#pods.convict(pod, others);
        this.#pods.changed(pod);
        return;
      }
      default:
        verdict satisfies never;
    }
  }

  #onEarlyEnd(pod: PodRecord): void {
    if (this.#early.isSign(pod, this.#pods.all())) this.#sign(pod);
    else if (pod.health.kind === 'trusted' && this.#early.announce(pod, this.#options.clock.nowMs()))
      this.#pods.changed(pod);
    if (pod.health.kind !== 'trusted') this.#penalize(pod);
  }

  #penalize(pod: PodRecord): void {
    this.penalties.add(pod, pod.usualMs(this.#early.usual));
  }

  /** This instance itself has observed something that makes it suspect the pod. */
  #sign(pod: PodRecord): void {
    if (isJudged(pod.health)) return;
    pod.signUntilMs = this.#options.clock.nowMs() + suspicionMs;
    this.#pods.apply(pod, { kind: 'sign' });
  }
}
