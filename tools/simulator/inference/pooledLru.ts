import { blockTokens, type InferenceRequest } from './inferenceTrace.ts';

/**
 * The share of prompt tokens that one least-recently-used cache for the whole fleet would find: no
 * routing finds more in as much memory, as long as it keeps what was used last. The tail of a
 * prompt goes before its beginning.
 *
 * @param capacityTokens of all pods together
 */
export function pooledLruHitShare(requests: readonly InferenceRequest[], capacityTokens: number): number {
  const capacity = Math.floor(capacityTokens / blockTokens);
  /** The one to go first in front. */
  const cached = new Set<number>();
  let hitTokens = 0;
  let promptTokens = 0;
  for (const { blocks, inputTokens } of requests) {
    let matched = 0;
    while (matched < blocks.length && cached.has(blocks[matched] as number)) matched += 1;
    hitTokens += blockTokens * Math.min(matched, Math.floor((inputTokens - 1) / blockTokens));
    promptTokens += inputTokens;
    for (let index = Math.floor(inputTokens / blockTokens) - 1; index >= 0; index -= 1) {
      cached.delete(blocks[index] as number);
      cached.add(blocks[index] as number);
    }
    for (const oldest of cached) {
      if (cached.size <= capacity) break;
      cached.delete(oldest);
    }
  }
  return hitTokens / promptTokens;
}
