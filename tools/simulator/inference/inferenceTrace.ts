import type { EngineRequest } from '../../podsim/engine/inferencePod.ts';

/** The blocks of a trace, as in the traces of Mooncake. */
export const blockTokens = 512;

/** One request of a trace. */
export interface InferenceRequest extends EngineRequest {
  readonly atMs: number;
}
