import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  type InferenceComparison,
  requestsAt,
  speedOf,
} from '../../tools/simulator/inference/compareInference.ts';
import { usualConditions } from '../../tools/simulator/inference/fleetConditions.ts';
import { inferenceSchemes } from '../../tools/simulator/inference/inferenceSchemes.ts';
import { pooledLruHitShare } from '../../tools/simulator/inference/pooledLru.ts';
import { runInference } from '../../tools/simulator/inference/runInference.ts';
import { workloads } from '../../tools/simulator/inference/workloads.ts';
import { type Experiment, experiments, fleets } from './experiments.ts';
import type { PrefixFigures } from './prefixFigures.ts';

/**
 * Runs the experiments and appends what is measured to a file, a JSON object a line. What the file
 * has already is not run again.
 */
const { values } = parseArgs({
  options: {
    trace: { type: 'string' },
    only: { type: 'string', multiple: true },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    /** Of the trace, and of workloads: all of them run for some minutes. */
    requests: { type: 'string', default: '6000' },
    'workload-requests': { type: 'string', default: '12000' },
    out: { type: 'string', default: '.run/prefix.jsonl' },
  },
});
const seeds = values.seeds.split(',').map(Number);
const before = existsSync(values.out)
  ? readFileSync(values.out, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as PrefixFigures)
  : [];
const done = new Set(before.map(keyOf));
/** The search takes as long as many runs. */
const fullSpeeds = new Map<string, number>();
for (const { experiment, requests, fleet, load, speed } of before) {
  if (load !== undefined)
    fullSpeeds.set(fullSpeedKey(requests, fleet, experiment === 'bursts'), speed / load);
}

for (const experiment of experiments) {
  if (values.only?.includes(experiment.name) === false) continue;
  if (experiment.requests === 'trace' && values.trace === undefined) continue;
  for (const rate of experiment.rates) await measure(experiment, rate);
}

async function measure(experiment: Experiment, rate: InferenceComparison['rate']): Promise<void> {
  const { name, requests, fleet, isRaw = false, conditions = { usual: () => usualConditions } } = experiment;
  const workload = workloads.find((known) => known.name === requests);
  const comparison: InferenceComparison = {
    source: workload === undefined ? { file: values.trace as string } : { workload },
    requests:
      experiment.count ?? Number(workload === undefined ? values.requests : values['workload-requests']),
    isRaw,
    rate,
    ...fleets[fleet],
    schemes: inferenceSchemes.filter((scheme) => experiment.schemes.includes(scheme.name)),
    instances: experiment.instances,
    seeds,
  };
  const load = 'load' in rate ? rate.load : undefined;
  let speed: number | undefined;
  for (const [condition, conditionsOf] of Object.entries(conditions)) {
    for (const scheme of comparison.schemes) {
      for (const instances of scheme.isCentral ? [1] : comparison.instances) {
        if (scheme.onlySeveral && instances === 1) continue;
        const cell = { experiment: name, requests, fleet, load, condition, scheme: scheme.name, instances };
        if (done.has(keyOf(cell))) continue;
        speed ??= await knownSpeed(comparison, fullSpeedKey(requests, fleet, isRaw));
        const results = [];
        let pooled = 0;
        for (const seed of seeds) {
          const trace = requestsAt(comparison, speed, seed);
          const durationMs = trace.at(-1)?.atMs ?? 0;
          const { engine, pods } = comparison;
          pooled += pooledLruHitShare(trace, pods * engine.capacityTokens) / seeds.length;
          const run = { requests: trace, engine, pods, instances, scheme, seed };
          results.push(await runInference({ ...run, conditions: conditionsOf(durationMs) }));
        }
        const measured: PrefixFigures = { ...cell, speed, pooled, seeds, results };
        appendFileSync(values.out, `${JSON.stringify(measured)}\n`);
        const mean = results.reduce((sum, { meanSeconds }) => sum + meanSeconds, 0) / results.length;
        process.stdout.write(`${keyOf(cell)}: ${mean.toFixed(3)} s\n`);
      }
    }
  }
}

async function knownSpeed(comparison: InferenceComparison, key: string): Promise<number> {
  const { rate } = comparison;
  const full = fullSpeeds.get(key);
  if ('load' in rate && full !== undefined) return full * rate.load;
  const speed = await speedOf(comparison);
  if ('load' in rate) fullSpeeds.set(key, speed / rate.load);
  return speed;
}

function fullSpeedKey(requests: string, fleet: string, isRaw: boolean): string {
  return [requests, fleet, isRaw].join(' · ');
}

function keyOf(cell: Omit<PrefixFigures, 'speed' | 'pooled' | 'seeds' | 'results'>): string {
  const { experiment, requests, fleet, load, condition, scheme, instances } = cell;
  return [experiment, requests, fleet, load ?? '-', condition, scheme, instances].join(' · ');
}
