import type { Ledger } from '../../../src/ledger/ledger.ts';
import { mixBits } from '../../../src/mixBits.ts';
import { nextCutOffset } from '../../../src/prefix/cutOffsets.ts';
import type { PromptCuts } from '../../../src/request/promptCuts.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import type { Policy } from '../../../src/scheduling/policy.ts';
import { blockTokens, type InferenceRequest } from './inferenceTrace.ts';
import type { Router } from './routers.ts';

const bytesPerToken = 4;

/** A policy of the product, with its ledger. */
export class PolicyRouter implements Router {
  readonly #policy: Policy;
  readonly #ledger: Ledger;
  readonly #endpoints: readonly Endpoint[];

  constructor(policy: Policy, ledger: Ledger, endpoints: readonly Endpoint[]) {
    this.#policy = policy;
    this.#ledger = ledger;
    this.#endpoints = endpoints;
  }

  route(request: InferenceRequest): { pod: number; onEnd: () => void } {
    const scheduling = this.#policy.reads?.includes('prompt') ? { prompt: cutsOf(request) } : {};
    const endpoint = this.#policy.choose(this.#endpoints, this.#ledger, scheduling);
    this.#policy.onPicked?.(endpoint, this.#endpoints, scheduling);
    const reservation = this.#ledger.reserve(endpoint.address);
    return { pod: this.#endpoints.indexOf(endpoint), onEnd: () => reservation.release() };
  }
}

/**
 * The cuts of a prompt whose bytes are not known: those of the product, at 4 bytes a token. A cut
 * within a block is the same in two prompts only where the whole block is.
 */
export function cutsOf({ blocks, inputTokens }: InferenceRequest): PromptCuts {
  const keys: number[] = [];
  const tokens: number[] = [];
  for (let offset = 256; offset <= inputTokens * bytesPerToken; offset = nextCutOffset(offset)) {
    const token = offset / bytesPerToken;
    const block = blocks[Math.ceil(token / blockTokens) - 1] as number;
    keys.push(mixBits(mixBits(block + 1) ^ offset));
    tokens.push(token);
  }
  return { keys: Uint32Array.from(keys), tokens: Float64Array.from(tokens), totalTokens: inputTokens };
}
