import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceState } from '../../src/admin/state.ts';
import type { Baton } from './baton.ts';

/** Requests in flight by pod address. */
export type Counts = Readonly<Record<string, number>>;

/** The part of an instance that is asked. */
type PolledInstance = Pick<Baton, 'name' | 'state'>;

interface Sample {
  readonly atMs: number;
  /** Undefined while the instance does not answer. */
  readonly state: InstanceState | undefined;
}

const keptSamples = 300;

/** Asks every instance's admin port for its state again and again, and remembers the last answers. */
export class StatePoller {
  readonly #instances: readonly PolledInstance[];
  readonly #intervalMs: number;
  readonly #samples = new Map<string, Sample[]>();
  #isStopping = false;
  #run: Promise<void> | undefined;

  constructor(instances: readonly PolledInstance[], everyMs = 100) {
    this.#instances = instances;
    this.#intervalMs = everyMs;
  }

  start(): void {
    this.#run ??= this.#pollUntilStopped();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#run;
  }

  latest(name: string): InstanceState | undefined {
    return this.#samples.get(name)?.at(-1)?.state;
  }

  /** The instance's own counts in the sample nearest to a moment (ms since 1970), and how far off that is. */
  localCountsAt(name: string, atMs: number): { readonly counts: Counts; readonly offMs: number } | undefined {
    let nearest: { counts: Counts; offMs: number } | undefined;
    for (const { atMs: sampledMs, state } of this.#samples.get(name) ?? []) {
      const offMs = Math.abs(sampledMs - atMs);
      if (state && (!nearest || offMs < nearest.offMs)) nearest = { counts: localCountsOf(state), offMs };
    }
    return nearest;
  }

  async #pollUntilStopped(): Promise<void> {
    while (!this.#isStopping) {
      await Promise.all(this.#instances.map((instance) => this.#poll(instance)));
      await sleep(this.#intervalMs);
    }
  }

  async #poll(instance: PolledInstance): Promise<void> {
    const state = await instance.state().catch(() => undefined);
    const samples = this.#samples.get(instance.name) ?? [];
    samples.push({ atMs: Date.now(), state });
    if (samples.length > keptSamples) samples.shift();
    this.#samples.set(instance.name, samples);
  }
}

export function localCountsOf(state: InstanceState): Counts {
  return Object.fromEntries(state.pool.map(({ address, local: own }) => [address, own]));
}
