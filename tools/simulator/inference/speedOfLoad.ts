import type { EnginePreset } from '../../podsim/engine/enginePresets.ts';
import { omniscientScheme } from './inferenceSchemes.ts';
import type { InferenceRequest } from './inferenceTrace.ts';
import { runInference } from './runInference.ts';

export interface FullLoadSearch {
  /** The same requests at another speed. */
  readonly requestsAt: (speed: number) => readonly InferenceRequest[];
  readonly engine: EnginePreset;
  readonly pods: number;
  readonly seed: number;
}

/** The fleet is full when half of the requests wait longer, with the best of routing. */
const fullSeconds = 0.5;
/** Two speeds that differ by less are the same. */
const precision = 0.02;

/** The speed at which the omniscient's median time to the first token reaches half a second. */
export async function fullSpeed({ requestsAt, engine, pods, seed }: FullLoadSearch): Promise<number> {
  const isFull = async (speed: number): Promise<boolean> => {
    const run = { requests: requestsAt(speed), engine, pods, instances: 1, scheme: omniscientScheme, seed };
    return (await runInference(run)).p50Seconds >= fullSeconds;
  };
  let low = 1;
  while (await isFull(low)) low /= 2;
  let high = 2 * low;
  while (!(await isFull(high))) {
    low = high;
    high *= 2;
  }
  while (high / low > 1 + precision) {
    const middle = Math.sqrt(low * high);
    if (await isFull(middle)) high = middle;
    else low = middle;
  }
  return Math.sqrt(low * high);
}
