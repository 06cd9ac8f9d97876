import type { EngineReading, EngineReadings } from '../../../src/scheduling/engineReading.ts';
import type { Random } from '../../../src/scheduling/load.ts';
import type { InferencePod } from '../../podsim/engine/inferencePod.ts';
import type { VirtualClock } from '../virtualClock.ts';

/** As in production: each pod is asked once for the fleet, more often while something waits. */
const usualIntervalMs = 1_000;
const busyIntervalMs = 200;

export interface EngineReportsOptions {
  readonly pods: ReadonlyMap<string, InferencePod>;
  readonly clock: VirtualClock;
  readonly random: Random;
  /** From the pod through the instance that asks and etcd to all. */
  readonly delayMs: number;
  /** Nothing is read in this time. */
  readonly away: { readonly fromMs: number; readonly untilMs: number } | undefined;
}

/** What the engines say of themselves, as all instances see it. */
export class EngineReports implements EngineReadings {
  readonly #options: EngineReportsOptions;
  /** By address, the newest last: it may still be on its way. */
  readonly #readings = new Map<string, readonly EngineReading[]>();

  constructor(options: EngineReportsOptions) {
    this.#options = options;
    for (const [address, pod] of options.pods) {
      options.clock.after(usualIntervalMs * options.random(), () => this.#read(address, pod));
    }
  }

  of(address: string): EngineReading | undefined {
    const seenMs = this.#options.clock.nowMs() - this.#options.delayMs;
    return this.#readings.get(address)?.findLast(({ atMs }) => atMs <= seenMs);
  }

  #read(address: string, pod: InferencePod): void {
    const { clock, away } = this.#options;
    const atMs = clock.nowMs();
    if (away === undefined || atMs < away.fromMs || atMs >= away.untilMs) {
      const before = this.#readings.get(address) ?? [];
      const { waiting, running, generatedTokens, cache } = pod;
      const kvUse = cache.used / cache.capacity;
      const reading = { atMs, kvUse, waiting: waiting.length, running, generatedTokens };
      this.#readings.set(address, [...before.slice(-1), reading]);
    }
    const intervalMs = pod.waiting.length > 0 ? busyIntervalMs : usualIntervalMs;
    clock.after(intervalMs, () => this.#read(address, pod));
  }
}
