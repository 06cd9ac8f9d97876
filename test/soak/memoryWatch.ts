import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from '../../tools/testbed/processFigures.ts';
import type { SoakMember } from './soakEnvironment.ts';

/** Resident memory of one process of an instance, in MiB. */
export interface Memory {
  readonly instance: string;
  readonly pid: number;
  readonly samples: number;
  /** Medians of the first and the last quarter of the samples: a leak makes the last one larger. */
  readonly first: number;
  readonly last: number;
  readonly max: number;
}

const sampleIntervalMs = 1_000;

/** Samples the memory of the instances. Without /proc it has no samples. */
export class MemoryWatch {
  readonly #members: readonly SoakMember[];
  readonly #samples = new Map<number, { readonly instance: string; readonly mib: number[] }>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(members: readonly SoakMember[]) {
    this.#members = members;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  summary(): Memory[] {
    return [...this.#samples].map(([pid, { instance, mib }]) => {
      const quarter = Math.max(1, Math.floor(mib.length / 4));
      return {
        instance,
        pid,
        samples: mib.length,
        first: median(mib.slice(0, quarter)),
        last: median(mib.slice(-quarter)),
        max: Math.max(...mib),
      };
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const { baton } of this.#members) {
        const { pid, running } = baton.process;
        const mib = running ? await residentMiB(pid).catch(() => Number.NaN) : Number.NaN;
        if (Number.isNaN(mib)) continue;
        const known = this.#samples.get(pid) ?? { instance: baton.name, mib: [] };
        known.mib.push(mib);
        this.#samples.set(pid, known);
      }
      await sleep(sampleIntervalMs, undefined, { signal }).catch(() => {});
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}
