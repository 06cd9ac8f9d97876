import { chunkMs } from '../../../podsim/engine/enginePresets.ts';
import type { EngineRequest, InferencePod, Sequence } from '../../../podsim/engine/inferencePod.ts';
import { blockTokens, type InferenceRequest } from '../inferenceTrace.ts';
import type { Router } from './router.ts';

/**
 * Knows the true caches, the true work and the true lengths of responses, and takes the pod with
 * the earliest first token. Greedy: a bound that is hard to reach, not the optimum.
 */
export class OmniscientRouter implements Router {
  readonly #pods: readonly InferencePod[];
  readonly #nowMs: () => number;

  constructor(pods: readonly InferencePod[], nowMs: () => number) {
    this.#pods = pods;
    this.#nowMs = nowMs;
  }

  route(request: InferenceRequest): { pod: number } {
    let chosen = 0;
    let soonest = Number.POSITIVE_INFINITY;
    this.#pods.forEach((pod, number) => {
      const ms = this.#firstTokenMs(pod, request);
      if (ms >= soonest) return;
      soonest = ms;
      chosen = number;
    });
    return { pod: chosen };
  }

  #firstTokenMs(pod: InferencePod, request: InferenceRequest): number {
    const { cache, engine } = pod;
    const cachedOf = ({ blocks, inputTokens }: EngineRequest): number =>
      blockTokens * cache.matched(blocks, Math.floor((inputTokens - 1) / blockTokens));
    const cached = cachedOf(request);
    let tokens = request.inputTokens - cached;
    let ms = chunkMs(engine, cached, tokens);
    let blocks = Math.ceil(tokens / blockTokens);
    const add = (from: number, to: number): void => {
      tokens += to - from;
      ms += chunkMs(engine, from, to - from);
    };
    for (const { computedTokens, targetTokens } of pod.prefilling) add(computedTokens, targetTokens);
    for (const { request: other, targetTokens } of pod.waiting) {
      const otherCached = cachedOf(other);
      add(otherCached, targetTokens);
      blocks += Math.ceil((targetTokens - otherCached) / blockTokens);
    }
    const steps = Math.ceil(tokens / (engine.stepTokens - pod.decoding.size));
    const stepMs =
      engine.baseMs + engine.perKvTokenMs * pod.decodingTokens + engine.perSequenceMs * pod.running;
    const roomMs = stepMs * stepsUntilFree(pod, blocks - cache.free);
    return (
      pod.remainingStepMs(this.#nowMs()) +
      Math.max(ms + steps * stepMs, roomMs + chunkMs(engine, cached, request.inputTokens - cached))
    );
  }
}

/** How many steps it takes until responses that end have freed so many blocks. */
function stepsUntilFree(pod: InferencePod, blocks: number): number {
  if (blocks <= 0) return 0;
  const left = ({ request, generated }: Sequence): number => request.outputTokens - generated;
  let missing = blocks;
  for (const sequence of [...pod.decoding].sort((a, b) => left(a) - left(b))) {
    missing -= sequence.blocks.length;
    if (missing <= 0) return left(sequence);
  }
  return 1_000;
}
