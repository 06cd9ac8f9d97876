import { mixBits } from '../../src/mixBits.ts';
import type { PromptCuts } from '../../src/request/promptCuts.ts';

/**
 * A prompt of so many cuts, 64 tokens apart. Prompts of one chain have the same beginning.
 *
 * @param fork from this cut on it is a chain of its own
 */
export function chainedCuts(chain: number, cuts: number, fork = { at: cuts, to: chain }): PromptCuts {
  const indices = Array.from({ length: cuts }, (_, index) => index);
  return {
    keys: Uint32Array.from(indices, (index) => keyOf(index < fork.at ? chain : fork.to, index)),
    tokens: Float64Array.from(indices, (index) => 64 * (index + 1)),
    totalTokens: 64 * cuts + 10,
  };
}

function keyOf(chain: number, index: number): number {
  return mixBits(mixBits(chain + 1) ^ (index + 1));
}
