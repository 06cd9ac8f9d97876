import type { InferenceComparison } from './compareInference.ts';
import { enginePresets } from './enginePresets.ts';
import { workloads } from './workloads.ts';

/** The flags of `baton simulate` for prompts and caches, as given. */
export interface InferenceFlags {
  readonly trace?: string;
  readonly workload?: readonly string[];
  readonly speed: string;
  readonly raw: boolean;
  readonly engine: string;
  readonly pods: string;
  readonly instances: string;
}

/**
 * What is to be compared.
 *
 * @throws Error that names the flag, its value and what is expected
 */
export function parseInferenceFlags(
  flags: InferenceFlags,
  seeds: readonly number[],
  requests: number,
): readonly InferenceComparison[] {
  const engines = Object.entries(enginePresets);
  const engine = engines.find(([name]) => name === flags.engine)?.[1];
  if (engine === undefined)
    throw wrong('--engine', flags.engine, `one of ${Object.keys(enginePresets).join(', ')}`);
  const speed = Number(flags.speed);
  if (!(speed > 0 && Number.isFinite(speed))) throw wrong('--speed', flags.speed, 'a number above 0');
  const pods = Number(flags.pods);
  if (!isCount(pods)) throw wrong('--pods', flags.pods, 'a whole number from 1 to 1000');
  const instances = flags.instances.split(',').map(Number);
  if (!instances.every(isCount)) {
    throw wrong('--instances', flags.instances, 'whole numbers from 1 to 1000, separated by commas');
  }
  const fleet = { speed, isRaw: flags.raw, engine, pods, instances, seeds };
  const sources: InferenceComparison['source'][] = flags.trace === undefined ? [] : [{ file: flags.trace }];
  for (const name of flags.workload ?? []) {
    const workload = workloads.find((known) => known.name === name);
    if (workload === undefined) {
      throw wrong('--workload', name, `one of ${workloads.map((known) => known.name).join(', ')}`);
    }
    sources.push({ workload, requests });
  }
  return sources.map((source) => ({ ...fleet, source }));
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 1000;
}

function wrong(flag: string, given: string, expected: string): Error {
  return new Error(`${flag} is ${JSON.stringify(given)}; expected ${expected}`);
}
