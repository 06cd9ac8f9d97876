import type { InferenceResult } from '../../tools/simulator/inference/runInference.ts';

/** One scheme with so many instances, on one kind of requests, fleet, rate and conditions. */
export interface PrefixFigures {
  readonly experiment: string;
  readonly requests: string;
  readonly fleet: string;
  /** Undefined: at the requests' own rate times `speed`. */
  readonly load?: number | undefined;
  readonly condition: string;
  readonly scheme: string;
  readonly instances: number;
  readonly speed: number;
  /** The share of tokens that one LRU cache of the fleet's size would find. */
  readonly pooled: number;
  readonly seeds: readonly number[];
  /** In the order of the seeds. */
  readonly results: readonly InferenceResult[];
}
