import type { InstanceState } from '../../src/admin/state.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Baton } from './baton.ts';

/** Requests in flight by pod address. */
export type Counts = Readonly<Record<string, number>>;

/** The part of an instance that is polled. */
type PolledInstance = Pick<Baton, 'name' | 'state'>;

interface Sample {
  readonly atMs: number;
  /** Undefined while the instance does not answer. */
  readonly state: InstanceState | undefined;
}

export interface StatePollerOptions {
  /** From the end of one poll to the next. Default 100. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
  /** The time of a sample, ms since 1970. */
  readonly nowUnixMs?: () => number;
}

const keptSamples = 300;

/** Polls the state of every instance on its admin port and keeps the last samples. */
export class StatePoller {
  readonly #instances: readonly PolledInstance[];
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #nowUnixMs: () => number;
  readonly #samples = new Map<string, Sample[]>();
  #polling: Promise<void> | undefined;
  #cancelTimer = () => {};
  #isStopped = false;

  constructor(
    instances: readonly PolledInstance[],
    { intervalMs = 100, clock = systemClock, nowUnixMs = Date.now }: StatePollerOptions = {},
  ) {
    this.#instances = instances;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#nowUnixMs = nowUnixMs;
  }

  start(): void {
    if (!this.#polling) this.#pollAll();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#polling;
  }

  latest(name: string): InstanceState | undefined {
    return this.#samples.get(name)?.at(-1)?.state;
  }

  /**
   * The local counts of the instance in the sample nearest to a time (ms since 1970), and how far
   * that sample is from it.
   */
  localCountsAt(name: string, atMs: number): { readonly counts: Counts; readonly offMs: number } | undefined {
    let nearest: { counts: Counts; offMs: number } | undefined;
    for (const { atMs: sampledMs, state } of this.#samples.get(name) ?? []) {
      const offMs = Math.abs(sampledMs - atMs);
      if (state && (!nearest || offMs < nearest.offMs)) nearest = { counts: localCountsOf(state), offMs };
    }
    return nearest;
  }

  #pollAll(): void {
    const polls = this.#instances.map((instance) => this.#poll(instance));
    this.#polling = Promise.all(polls).then(() => {
      if (!this.#isStopped) this.#cancelTimer = this.#clock.after(this.#intervalMs, () => this.#pollAll());
    });
  }

  async #poll(instance: PolledInstance): Promise<void> {
    const state = await instance.state().catch(() => undefined);
    const samples = this.#samples.get(instance.name) ?? [];
    samples.push({ atMs: this.#nowUnixMs(), state });
    if (samples.length > keptSamples) samples.shift();
    this.#samples.set(instance.name, samples);
  }
}

export function localCountsOf(state: InstanceState): Counts {
  return Object.fromEntries(state.pool.map(({ address, local }) => [address, local]));
}
