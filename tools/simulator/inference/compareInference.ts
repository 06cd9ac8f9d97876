import { readFileSync } from 'node:fs';
import { seededRandom } from '../seededRandom.ts';
import type { EnginePreset } from './enginePresets.ts';
import { inferenceSchemes } from './inferenceSchemes.ts';
import { type InferenceRow, inferenceTable } from './inferenceTable.ts';
import type { InferenceRequest } from './inferenceTrace.ts';
import { parseMooncakeTrace, replayAt } from './mooncakeTrace.ts';
import { runInference } from './runInference.ts';
import { generateTrace, type Workload } from './workloads.ts';

/** What is compared: a trace or a workload, on a fleet. */
export interface InferenceComparison {
  readonly source: { readonly file: string } | { readonly workload: Workload; readonly requests: number };
  readonly speed: number;
  /** Requests of a trace keep their times, also where they share one. */
  readonly isRaw: boolean;
  readonly engine: EnginePreset;
  readonly pods: number;
  readonly instances: readonly number[];
  readonly seeds: readonly number[];
}

/** Runs every scheme on the same requests, once per seed and number of instances. */
export async function compareInference(comparison: InferenceComparison): Promise<readonly string[]> {
  const { engine, pods, instances, seeds, source } = comparison;
  const traces = seeds.map((seed) => ({ seed, requests: requestsOf(comparison, seed) }));
  const rows: InferenceRow[] = [];
  for (const scheme of inferenceSchemes) {
    for (const count of scheme.isCentral ? [1] : instances) {
      const outcomes = [];
      for (const { seed, requests } of traces) {
        outcomes.push(await runInference({ requests, engine, pods, instances: count, scheme, seed }));
      }
      rows.push({ scheme: scheme.name, instances: count, outcomes });
    }
  }
  const title = 'file' in source ? 'trace' : source.workload.name;
  return inferenceTable(`${title}, speed ${comparison.speed}`, rows);
}

/** @throws Error that names what is wrong with the file */
function requestsOf({ source, speed, isRaw }: InferenceComparison, seed: number): InferenceRequest[] {
  const random = seededRandom(seed);
  if ('workload' in source) {
    return replayAt(generateTrace(source.workload, source.requests, random), speed, undefined);
  }
  const trace = parseMooncakeTrace(readFileSync(source.file, 'utf8'));
  return replayAt(trace, speed, isRaw ? undefined : random);
}
