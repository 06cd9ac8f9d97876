import type { Clock } from '../../clock.ts';
import { shareOf } from '../../scheduling/podShare.ts';
import { MetricsScraper } from './metricsScraper.ts';
import { PodReadings } from './podReadings.ts';
import { type MetricsAnswer, type ReadFailure, readFailures } from './requestMetrics.ts';
import type { SharedReadings } from './sharedReadings.ts';

export const readOutcomes = ['read', ...readFailures] as const;
export type ReadOutcome = (typeof readOutcomes)[number];

export interface PodMetricsReaderOptions {
  readonly localId: string;
  readonly ask: (address: string, signal: AbortSignal) => Promise<MetricsAnswer>;
  /** Of all endpoints of the pool. */
  readonly addresses: () => ReadonlySet<string>;
  /** The instances that ask, this one included once the others know that it does. */
  readonly askers: () => Iterable<string>;
  /** From now on this instance asks: the others have to know. */
  readonly onOn: () => void;
  readonly onOutcome: (address: string, outcome: ReadOutcome) => void;
  readonly clock: Clock;
  /** Within [0, 1). */
  readonly random: () => number;
}

/** Changes of the pool and of the instances that come within this time are one. */
const changeMs = 50;

/**
 * What pods say of themselves in their metrics. Each pod is asked by one instance, and all of them
 * know the answers. Off until something needs them, and then on until the end.
 */
export class PodMetricsReader {
  readonly readings: PodReadings;
  readonly #options: PodMetricsReaderOptions;
  readonly #scraper: MetricsScraper;
  #shared: SharedReadings | undefined;
  #isOn = false;
  #givesLoad = false;
  #cancelChange: (() => void) | undefined;
  #isStopped = false;

  constructor(options: PodMetricsReaderOptions) {
    this.#options = options;
    const { ask, clock, random } = options;
    this.readings = new PodReadings(() => clock.nowMs());
    this.#scraper = new MetricsScraper({
      ask,
      // While requests wait anywhere, it matters where there is room.
      isBusy: ({ running = 0 }) => this.readings.areWaiting || (this.#givesLoad && running > 0),
      clock,
      random,
      onAnswer: (address, answer) => this.#onAnswer(address, answer),
    });
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** The other instances get the readings from now on. */
  shareBy(shared: SharedReadings): void {
    this.#shared = shared;
  }

  /**
   * From now on the load of pods is what they say: the end of a request is known with the next
   * reading.
   */
  giveLoad(): void {
    this.#givesLoad = true;
    this.turnOn();
  }

  turnOn(): void {
    if (this.#isOn || this.#isStopped) return;
    this.#isOn = true;
    this.#options.onOn();
    this.changed();
  }

  /** The pool, or the instances that ask, may have changed. */
  changed(): void {
    if (!this.#isOn || this.#isStopped) return;
    this.#cancelChange ??= this.#options.clock.after(changeMs, () => this.#evaluate());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelChange?.();
    await this.#scraper.stop();
    await this.#shared?.stop();
  }

  #evaluate(): void {
    this.#cancelChange = undefined;
    const { addresses, askers, localId } = this.#options;
    const all = addresses();
    this.#shared?.keep(all);
    const isLocal = shareOf(localId, askers());
    this.#scraper.watch(new Set([...all].filter(isLocal)));
  }

  #onAnswer(address: string, answer: MetricsAnswer): void {
    const { localId, onOutcome } = this.#options;
    const outcome = outcomeOf(answer);
    if (outcome !== undefined) onOutcome(address, outcome);
    if (answer.kind !== 'reading') return;
    this.readings.add(address, { reading: answer.reading, ageMs: 0, from: localId });
    this.#shared?.publish(address, answer.reading);
  }
}

function outcomeOf(answer: MetricsAnswer): 'read' | ReadFailure | undefined {
  switch (answer.kind) {
    case 'reading':
      return 'read';
    case 'failed':
      return answer.failure;
    case 'stopped':
      return undefined;
    default:
      return answer satisfies never;
  }
}
