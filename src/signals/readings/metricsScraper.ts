import { setMaxListeners } from 'node:events';
import type { Clock } from '../../clock.ts';
import type { PodReading } from '../../proto/records/podReading.ts';
import type { MetricsAnswer } from './requestMetrics.ts';

export interface MetricsScraperOptions {
  readonly ask: (address: string, signal: AbortSignal) => Promise<MetricsAnswer>;
  /** Not called for a pod that is asked no more, or after `stop`. */
  readonly onAnswer: (address: string, answer: MetricsAnswer) => void;
  /** Whether a pod that has said this is to be asked again soon. */
  readonly isBusy: (reading: PodReading) => boolean;
  readonly clock: Clock;
  /** Within [0, 1). */
  readonly random: () => number;
}

/** From the start of one question to that of the next. */
const usualMs = 1_000;
const busyMs = 200;
/** After a failure, doubled with each further one in a row. */
const firstRetryMs = 1_000;
const longestRetryMs = 10_000;
/** Of one instance; with more pods, each is asked less often. */
const mostPerSecond = 250;
const mostAtOnce = 32;

interface Target {
  readonly address: string;
  failures: number;
  cancel: () => void;
}

/** Asks its pods for their metrics, each on a timer of its own, a few at a time. */
export class MetricsScraper {
  readonly #options: MetricsScraperOptions;
  readonly #targets = new Map<string, Target>();
  readonly #running = new Set<Promise<void>>();
  /** Due, and waiting for one that runs to end. */
  readonly #due = new Set<Target>();
  readonly #stopping = new AbortController();

  constructor(options: MetricsScraperOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stopping.signal);
  }

  /** The pods that it asks, from now on. */
  watch(addresses: ReadonlySet<string>): void {
    if (this.#stopping.signal.aborted) return;
    for (const target of this.#targets.values()) if (!addresses.has(target.address)) this.#forget(target);
    for (const address of addresses) {
      if (this.#targets.has(address)) continue;
      const target = { address, failures: 0, cancel: () => {} };
      this.#targets.set(address, target);
      this.#scheduleIn(target, (addresses.size / mostPerSecond) * 1_000 * this.#options.random());
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const target of this.#targets.values()) this.#forget(target);
    await Promise.all(this.#running);
  }

  #forget(target: Target): void {
    target.cancel();
    this.#targets.delete(target.address);
    this.#due.delete(target);
  }

  #scheduleIn(target: Target, delayMs: number): void {
    target.cancel = this.#options.clock.after(delayMs, () => {
      this.#due.add(target);
      this.#startDue();
    });
  }

  #startDue(): void {
    for (const target of this.#due) {
      if (this.#running.size >= mostAtOnce) break;
      this.#due.delete(target);
      const run = this.#query(target).finally(() => {
        this.#running.delete(run);
        this.#startDue();
      });
      this.#running.add(run);
    }
  }

  async #query(target: Target): Promise<void> {
    const { ask, clock, onAnswer } = this.#options;
    const startMs = clock.nowMs();
    const answer = await ask(target.address, this.#stopping.signal);
    if (this.#targets.get(target.address) !== target || answer.kind === 'stopped') return;
    target.failures = answer.kind === 'failed' ? target.failures + 1 : 0;
    onAnswer(target.address, answer);
    this.#scheduleIn(target, Math.max(0, startMs + this.#intervalMs(target, answer) - clock.nowMs()));
  }

  /** Not all at the same moment. */
  #intervalMs({ failures }: Target, answer: MetricsAnswer): number {
    const { isBusy, random } = this.#options;
    const wanted =
      answer.kind === 'reading'
        ? isBusy(answer.reading)
          ? busyMs
          : usualMs
        : Math.min(longestRetryMs, firstRetryMs * 2 ** (failures - 1));
    const least = (this.#targets.size / mostPerSecond) * 1_000;
    return Math.max(wanted, least) * (0.9 + 0.2 * random());
  }
}
