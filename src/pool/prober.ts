import { setMaxListeners } from 'node:events';
import { splitHostPort } from '../hostPort.ts';
import { type HealthRecord, nextHealth, type Thresholds, unknownHealth } from './healthVerdict.ts';
import { httpProbe, type ProbeResult } from './httpProbe.ts';
import type { EndpointHealth, HealthChange } from './pool.ts';

/**
 * Probes every watched endpoint over HTTP, because Envoy's override_host routes to a dead pod if
 * it is chosen. A new endpoint is probed at once, then each on its own jittered timer, so that a
 * pool's probes spread over the interval. At most `maxConcurrent` sockets are open, and at most
 * `maxProbesPerSecond` probes are due: a pool too large for its interval is probed more slowly
 * instead of eating the scheduler's CPU.
 */
export interface ProberOptions extends Thresholds {
  /** `/health`; 2xx is a pass. */
  readonly path: string;
  /** From the start of one probe of an endpoint to the start of the next, ± 10 %. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Open probes at any time (64). */
  readonly maxConcurrent?: number;
  /** Above `maxProbesPerSecond × intervalMs / 1000` endpoints the interval grows (1000). */
  readonly maxProbesPerSecond?: number;
  /** Within [0, 1). */
  readonly random?: () => number;
  readonly probe?: (address: string, signal: AbortSignal) => Promise<ProbeResult>;
}

interface Target {
  readonly address: string;
  health: HealthRecord;
  timer: NodeJS.Timeout | undefined;
  probing: boolean;
}

const jitter = 0.1;

export class Prober implements EndpointHealth {
  readonly #options: ProberOptions;
  readonly #maxConcurrent: number;
  readonly #maxProbesPerSecond: number;
  readonly #random: () => number;
  readonly #probe: (address: string, signal: AbortSignal) => Promise<ProbeResult>;
  readonly #targets = new Map<string, Target>();
  /** Due, and waiting for a free slot; oldest first. */
  readonly #waiting = new Set<Target>();
  readonly #running = new Set<Promise<void>>();
  readonly #listeners = new Set<(verdict: HealthChange) => void>();
  readonly #stopping = new AbortController();

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#maxConcurrent = options.maxConcurrent ?? 64;
    this.#maxProbesPerSecond = options.maxProbesPerSecond ?? 1000;
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
      const target: Target = { address, health: unknownHealth, timer: undefined, probing: false };
      this.#targets.set(address, target);
      this.#waiting.add(target);
    }
    this.#startWaiting();
  }

  isHealthy(address: string): boolean {
    return this.#targets.get(address)?.health.verdict === 'healthy';
  }

  onVerdict(listener: (verdict: HealthChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const target of this.#targets.values()) this.#forget(target);
    await Promise.all(this.#running);
  }

  #forget(target: Target): void {
    clearTimeout(target.timer);
    this.#waiting.delete(target);
    this.#targets.delete(target.address);
  }

  #startWaiting(): void {
    for (const target of this.#waiting) {
      if (this.#running.size >= this.#maxConcurrent) return;
      this.#waiting.delete(target);
      const run = this.#probeOnce(target).finally(() => {
        this.#running.delete(run);
        this.#startWaiting();
      });
      this.#running.add(run);
    }
  }

  async #probeOnce(target: Target): Promise<void> {
    target.probing = true;
    this.#armTimer(target);
    const { passed, reason } = await this.#probe(target.address, this.#stopping.signal);
    target.probing = false;
    // Removed meanwhile, or removed and added again: this result belongs to neither.
    if (this.#targets.get(target.address) !== target) return;
    const before = target.health.verdict;
    target.health = nextHealth(target.health, passed, this.#options);
    if (target.health.verdict === before) return;
    const change = { address: target.address, healthy: passed, reason };
    for (const listener of this.#listeners) listener(change);
  }

  #armTimer(target: Target): void {
    const slowestMs = (this.#targets.size / this.#maxProbesPerSecond) * 1000;
    const intervalMs = Math.max(this.#options.intervalMs, slowestMs);
    // After its first probe an endpoint gets a random offset in the interval, and roughly keeps it.
    const first = target.timer === undefined;
    const share = first ? this.#random() : 1 - jitter + 2 * jitter * this.#random();
    target.timer = setTimeout(() => {
      if (target.probing) return this.#armTimer(target);
      this.#waiting.add(target);
      this.#startWaiting();
    }, share * intervalMs);
  }

  #overHttp(address: string, signal: AbortSignal): Promise<ProbeResult> {
    const { path, timeoutMs } = this.#options;
    return httpProbe({ ...splitHostPort(address), path, timeoutMs, signal });
  }
}
