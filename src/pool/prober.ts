import { setMaxListeners } from 'node:events';
import { splitHostPort } from '../hostPort.ts';
import { JudgingTimer } from '../judgingTimer.ts';
import { nextHealth, type Thresholds, type Verdict } from './healthVerdict.ts';
import { httpProbe } from './httpProbe.ts';
import type { EndpointFault, EndpointHealth, HealthChange } from './pool.ts';
import { ProbeQueue } from './probeQueue.ts';
import { ProbeRate } from './probeRate.ts';
import type { ProbeFailure, ProbeResult } from './probeResult.ts';
import { ProbeTarget } from './probeTarget.ts';

/**
 * Probes every watched endpoint over HTTP, because Envoy's override_host routes to a dead pod if
 * it is chosen. A new endpoint is probed at once, then each on its own jittered timer, so that a
 * pool's probes spread over the interval. At most `maxConcurrent` sockets are open, and at most
 * `maxProbesPerSecond` probes are due: a pool too large for its interval is probed more slowly
 * instead of eating the scheduler's CPU, and its dead endpoints more slowly than those in use.
 *
 * The timeout follows what an endpoint usually takes (usualProbeTime.ts): a probe that exceeds it
 * has failed, but is read on, so that a late answer is told from none.
 */
export interface ProberOptions extends Thresholds {
  /** `/health`; 2xx is a pass. */
  readonly path: string;
  /** From the start of one probe of an endpoint to the start of the next, ± 10 %. */
  readonly intervalMs: number;
  /** The shortest timeout. */
  readonly timeoutMs: number;
  /** The longest, for an endpoint that usually answers late; default: `timeoutMs`. */
  readonly maxTimeoutMs?: number;
  /** Open probes at any time (64). */
  readonly maxConcurrent?: number;
  /** Above `maxProbesPerSecond × intervalMs / 1000` endpoints the interval grows (1000). */
  readonly maxProbesPerSecond?: number;
  /** Within [0, 1). */
  readonly random?: () => number;
  readonly probe?: (address: string, signal: AbortSignal) => Promise<ProbeResult>;
  /** A probe said nothing, because this process or machine could not connect. */
  readonly onLocalFailure?: (reason: string) => void;
}

const jitter = 0.1;
/** Probes that one turn of the event loop starts: each takes up to half a millisecond. */
const mostStartsAtOnce = 8;
/** Until the next probe after one that says nothing, or later in a large pool. */
const retryMs = 200;

export class Prober implements EndpointHealth {
  readonly #options: ProberOptions;
  readonly #maxConcurrent: number;
  readonly #rate: ProbeRate;
  readonly #random: () => number;
  readonly #probe: (address: string, signal: AbortSignal) => Promise<ProbeResult>;
  readonly #targets = new Map<string, ProbeTarget>();
  readonly #waiting = new ProbeQueue();
  /** Those whose last probe failed. */
  readonly #doubtful = new Set<string>();
  /** Probes that have no result yet. */
  #undecided = 0;
  #startsThisTurn = 0;
  #nextTurn: NodeJS.Immediate | undefined;
  readonly #running = new Set<Promise<void>>();
  readonly #listeners = new Set<(verdict: HealthChange) => void>();
  readonly #stopping = new AbortController();

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#maxConcurrent = options.maxConcurrent ?? 64;
    const { intervalMs, maxProbesPerSecond: maxPerSecond = 1000 } = options;
    this.#rate = new ProbeRate({ intervalMs, maxPerSecond, total: () => this.#targets.size });
    this.#random = options.random ?? Math.random;
    this.#probe = options.probe ?? ((address, signal) => this.#overHttp(address, signal));
    setMaxListeners(0, this.#stopping.signal);
  }

  watch(addresses: ReadonlySet<string>): void {
    if (this.#stopping.signal.aborted) return;
    for (const target of this.#targets.values()) {
      if (!addresses.has(target.address)) this.#forget(target);
    }
    for (const address of addresses) {
      if (this.#targets.has(address)) continue;
      const target = new ProbeTarget(address, this.#rate, (due) => this.#onDue(due));
      this.#targets.set(address, target);
      this.#waiting.add(target);
    }
    this.#startWaiting();
  }

  isHealthy(address: string): boolean {
    return this.#targets.get(address)?.health.verdict === 'healthy';
  }

  faultOf(address: string): EndpointFault | undefined {
    const target = this.#targets.get(address);
    if (target?.health.verdict !== 'unhealthy' || target.fault === undefined) return undefined;
    return { ...target.fault, everPassed: target.everPassed };
  }

  isDoubtful(address: string): boolean {
    return this.#doubtful.size > 0 && this.#doubtful.has(address);
  }

  onVerdict(listener: (verdict: HealthChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearImmediate(this.#nextTurn);
    for (const target of this.#targets.values()) this.#forget(target);
    await Promise.all(this.#running);
  }

  #forget(target: ProbeTarget): void {
    target.timer.cancel();
    this.#waiting.delete(target);
    this.#targets.delete(target.address);
    this.#doubtful.delete(target.address);
    if (target.health.verdict === 'healthy') this.#rate.healthy -= 1;
  }

  #startWaiting(): void {
    for (const target of this.#waiting) {
      if (this.#undecided >= this.#maxConcurrent) return;
      if (this.#startsThisTurn >= mostStartsAtOnce) {
        this.#continueNextTurn();
        return;
      }
      this.#startsThisTurn += 1;
      this.#waiting.delete(target);
      const run = this.#probeOnce(target).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
  }

  #continueNextTurn(): void {
    this.#nextTurn ??= setImmediate(() => {
      this.#nextTurn = undefined;
      this.#startsThisTurn = 0;
      this.#startWaiting();
    });
  }

  async #probeOnce(target: ProbeTarget): Promise<void> {
    const startedMs = performance.now();
    const { timeoutMs, maxTimeoutMs = timeoutMs } = this.#options;
    const limitMs = target.usual.timeoutMs(timeoutMs, maxTimeoutMs);
    let isDecided = false;
    const decide = (result: ProbeResult) => {
      if (isDecided) return;
      isDecided = true;
      overdue.cancel();
      this.#undecided -= 1;
      target.isProbing = false;
      this.#evaluate(target, result, startedMs);
      this.#startWaiting();
    };
    this.#undecided += 1;
    target.isProbing = true;
    this.#armTimer(target);
    const overdue = new JudgingTimer(limitMs, () => {
      const reason = `no answer in ${Math.round(limitMs)} ms`;
      decide({ kind: 'failed', failure: 'unanswered', reason });
    });
    const result = await this.#probe(target.address, this.#stopping.signal);
    // The time in which this process stood still is not the endpoint's.
    if (this.#targets.get(target.address) === target && !overdue.hasStalled)
      this.#learn(target, result, startedMs, isDecided);
    decide(result);
  }

  /** How long an answer took; a late one shows that the endpoint lives. */
  #learn(target: ProbeTarget, result: ProbeResult, startedMs: number, isLate: boolean): void {
    const isAnswer = result.kind === 'passed' || (result.kind === 'failed' && result.failure === 'status');
    if (!isAnswer) return;
    target.usual.add(performance.now() - startedMs);
    const { fault } = target;
    if (!isLate || fault?.failure !== 'unanswered') return;
    const failure: ProbeFailure = result.kind === 'passed' ? 'late' : 'status';
    target.fault = { ...fault, failure, reason: `${result.reason}, late` };
    if (target.health.verdict === 'unhealthy') this.#report(target, false, target.fault.reason);
  }

  #evaluate(target: ProbeTarget, result: ProbeResult, startedMs: number): void {
    // Removed meanwhile, or removed and added again: this result belongs to neither.
    if (this.#targets.get(target.address) !== target) return;
    if (result.kind === 'undecided') {
      if (result.cause === 'local') this.#options.onLocalFailure?.(result.reason);
      this.#onUndecided(target);
      return;
    }
    const passed = result.kind === 'passed';
    const before = target.health.verdict;
    const failureBefore = target.fault?.failure;
    target.health = nextHealth(target.health, passed, this.#options);
    target.everPassed ||= target.health.verdict === 'healthy';
    if (result.kind === 'passed') {
      target.fault = undefined;
      this.#doubtful.delete(target.address);
    } else {
      this.#doubtful.add(target.address);
      const { failure, reason } = result;
      target.fault = { failure, reason, sinceMs: target.fault?.sinceMs ?? startedMs };
    }
    const isOther = target.health.verdict === 'unhealthy' && target.fault?.failure !== failureBefore;
    if (target.health.verdict !== before) this.#onVerdict(target, before);
    if (target.health.verdict !== before || isOther) this.#report(target, passed, result.reason);
  }

  #report({ address }: ProbeTarget, healthy: boolean, reason: string): void {
    for (const listener of this.#listeners) listener({ address, healthy, reason });
  }

  /** What failed was probed rarely, where many fail. */
  #onVerdict(target: ProbeTarget, before: Verdict): void {
    if (before === 'healthy') this.#rate.healthy -= 1;
    if (target.health.verdict !== 'healthy') return;
    this.#rate.healthy += 1;
    target.timer.shorten();
  }

  #armTimer({ timer }: ProbeTarget): void {
    // After its first probe an endpoint gets a random offset in the interval, and roughly keeps it.
    timer.arm(timer.hasRun ? 1 - jitter + 2 * jitter * this.#random() : this.#random());
  }

  /** It says nothing of the endpoint, so the next probe is soon, where the rate has room. */
  #onUndecided({ health, timer }: ProbeTarget): void {
    const { intervalMs } = this.#options;
    const rateMs = this.#rate.intervalMs(health);
    timer.once(rateMs > intervalMs ? rateMs : Math.min(retryMs, intervalMs));
  }

  #onDue(target: ProbeTarget): void {
    if (target.isProbing) this.#armTimer(target);
    else {
      this.#waiting.add(target);
      this.#startWaiting();
    }
  }

  #overHttp(address: string, signal: AbortSignal): Promise<ProbeResult> {
    const { path, timeoutMs, maxTimeoutMs = timeoutMs } = this.#options;
    const longestMs = Math.max(timeoutMs, maxTimeoutMs);
    return httpProbe({ ...splitHostPort(address), path, timeoutMs: longestMs, signal });
  }
}
