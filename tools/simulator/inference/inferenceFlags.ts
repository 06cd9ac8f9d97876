import { enginePresets } from '../../podsim/engine/enginePresets.ts';
import type { InferenceComparison } from './compareInference.ts';
import { inferenceSchemes } from './inferenceSchemes.ts';
import { workloads } from './workloads.ts';

/** Unless --requests says another number. */
const workloadRequests = 8_000;
const wholeTrace = Number.POSITIVE_INFINITY;

/** The flags of `baton simulate` for prompts and caches, as given. */
export interface InferenceFlags {
  readonly trace?: string;
  readonly workload?: readonly string[];
  readonly speed: string;
  readonly load?: string;
  readonly scheme?: readonly string[];
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
  requests: number | undefined,
): readonly InferenceComparison[] {
  const engines = Object.entries(enginePresets);
  const engine = engines.find(([name]) => name === flags.engine)?.[1];
  if (engine === undefined)
    throw wrong('--engine', flags.engine, `one of ${Object.keys(enginePresets).join(', ')}`);
  const speed = Number(flags.speed);
  if (!(speed > 0 && Number.isFinite(speed))) throw wrong('--speed', flags.speed, 'a number above 0');
  const rates = flags.load === undefined ? [{ speed }] : flags.load.split(',').map(loadOf);
  const schemes = inferenceSchemes.filter(
    ({ name, isCentral }) => isCentral || (flags.scheme?.includes(name) ?? true),
  );
  for (const name of flags.scheme ?? []) {
    if (inferenceSchemes.some((known) => known.name === name)) continue;
    throw wrong('--scheme', name, `one of ${inferenceSchemes.map((known) => known.name).join(', ')}`);
  }
  const pods = Number(flags.pods);
  if (!isCount(pods)) throw wrong('--pods', flags.pods, 'a whole number from 1 to 1000');
  const instances = flags.instances.split(',').map(Number);
  if (!instances.every(isCount)) {
    throw wrong('--instances', flags.instances, 'whole numbers from 1 to 1000, separated by commas');
  }
  const fleet = { isRaw: flags.raw, engine, pods, instances, seeds, schemes };
  const sources: Pick<InferenceComparison, 'source' | 'requests'>[] =
    flags.trace === undefined ? [] : [{ source: { file: flags.trace }, requests: requests ?? wholeTrace }];
  for (const name of flags.workload ?? []) {
    const workload = workloads.find((known) => known.name === name);
    if (workload === undefined) {
      throw wrong('--workload', name, `one of ${workloads.map((known) => known.name).join(', ')}`);
    }
    sources.push({ source: { workload }, requests: requests ?? workloadRequests });
  }
  return sources.flatMap((source) => rates.map((rate) => ({ ...fleet, ...source, rate })));
}

function loadOf(percent: string): { load: number } {
  const load = Number(percent) / 100;
  if (load > 0 && load <= 1) return { load };
  throw wrong('--load', percent, 'percentages from 1 to 100, separated by commas');
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 1000;
}

function wrong(flag: string, given: string, expected: string): Error {
  return new Error(`${flag} is ${JSON.stringify(given)}; expected ${expected}`);
}
