import { readFileSync } from 'node:fs';
import type { EnginePreset } from '../../podsim/engine/enginePresets.ts';
import { seededRandom } from '../seededRandom.ts';
import type { FleetConditions } from './fleetConditions.ts';
import type { InferenceScheme } from './inferenceSchemes.ts';
import { type InferenceRow, inferenceTable } from './inferenceTable.ts';
import type { InferenceRequest } from './inferenceTrace.ts';
import { parseMooncakeTrace, replayAt } from './mooncakeTrace.ts';
import { pooledLruHitShare } from './pooledLru.ts';
import { runInference } from './runInference.ts';
import { fullSpeed } from './speedOfLoad.ts';
import { generateTrace, type Workload } from './workloads.ts';

/** The requests of a comparison: a trace or a workload. */
export interface ComparedRequests {
  readonly source: { readonly file: string } | { readonly workload: Workload };
  /** Of a workload; of a trace at most. */
  readonly requests: number;
  /** Requests of a trace keep their times, also where they share one. */
  readonly isRaw: boolean;
}

/** What is compared, on a fleet. */
export interface InferenceComparison extends ComparedRequests {
  /** A factor of the rate, or a share of the rate at which the fleet is full. */
  readonly rate: { readonly speed: number } | { readonly load: number };
  readonly engine: EnginePreset;
  readonly pods: number;
  readonly schemes: readonly InferenceScheme[];
  readonly instances: readonly number[];
  readonly seeds: readonly number[];
  readonly conditions?: FleetConditions;
}

/** Runs every scheme on the same requests, once per seed and number of instances. */
export async function compareInference(comparison: InferenceComparison): Promise<readonly string[]> {
  const { engine, pods, instances, seeds, schemes, conditions, source, rate } = comparison;
  const speed = await speedOf(comparison);
  const traces = seeds.map((seed) => ({ seed, requests: requestsAt(comparison, speed, seed) }));
  const rows: InferenceRow[] = [];
  for (const scheme of schemes) {
    for (const count of scheme.isCentral ? [1] : instances) {
      if (scheme.onlySeveral && count === 1) continue;
      const outcomes = [];
      for (const { seed, requests } of traces) {
        const run = { requests, engine, pods, instances: count, scheme, seed };
        outcomes.push(await runInference(conditions === undefined ? run : { ...run, conditions }));
      }
      rows.push({ scheme: scheme.name, instances: count, outcomes });
    }
  }
  const name = 'file' in source ? 'trace' : source.workload.name;
  const load = 'load' in rate ? `, ${Math.round(100 * rate.load)} % load` : '';
  const pooled =
    traces.reduce((sum, { requests }) => sum + pooledLruHitShare(requests, pods * engine.capacityTokens), 0) /
    traces.length;
  return [
    ...inferenceTable(`${name}${load}, speed ${Number(speed.toFixed(2))}`, rows),
    '',
    `One LRU cache of the fleet's size would find ${(100 * pooled).toFixed(1)} % of the tokens.`,
  ];
}

/** The factor of the rate. */
export async function speedOf(comparison: InferenceComparison): Promise<number> {
  const { rate, engine, pods, seeds } = comparison;
  if ('speed' in rate) return rate.speed;
  const seed = seeds[0] ?? 1;
  const at = (speed: number): readonly InferenceRequest[] => requestsAt(comparison, speed, seed);
  return rate.load * (await fullSpeed({ requestsAt: at, engine, pods, seed }));
}

/** @throws Error that names what is wrong with the file */
export function requestsAt(
  { source, requests, isRaw }: ComparedRequests,
  speed: number,
  seed: number,
): readonly InferenceRequest[] {
  const random = seededRandom(seed);
  if ('workload' in source) {
    return replayAt(generateTrace(source.workload, requests, random), speed, undefined);
  }
  const trace = parseMooncakeTrace(readFileSync(source.file, 'utf8'));
  return replayAt(trace, speed, isRaw ? undefined : random).slice(0, requests);
}
