import { mixBits } from '../../../src/mixBits.ts';
import { nextCutOffset } from '../../../src/prefix/cutOffsets.ts';
import type { PromptCuts } from '../../../src/request/promptCuts.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import type { Policy } from '../../../src/scheduling/policy.ts';
import type { ReservableLoad } from '../../../src/scheduling/reservation.ts';
import { blockTokens, type InferenceRequest } from './inferenceTrace.ts';
import type { RoutedRequest, Router } from './routers/router.ts';

const bytesPerToken = 4;

export interface PolicyRouterOptions {
  readonly policy: Policy;
  readonly load: ReservableLoad;
  readonly endpoints: readonly Endpoint[];
  /** It gets no more requests. */
  readonly onRetired?: () => void;
}

/** A policy of the product, with its ledger. */
export class PolicyRouter implements Router {
  readonly #options: PolicyRouterOptions;

  constructor(options: PolicyRouterOptions) {
    this.#options = options;
  }

  route(request: InferenceRequest): RoutedRequest {
    const { policy, load, endpoints } = this.#options;
    const scheduling = policy.reads?.includes('prompt') ? { prompt: cutsOf(request) } : {};
    const endpoint = policy.choose(endpoints, load, scheduling);
    policy.onPicked?.(endpoint, endpoints, scheduling);
    const reservation = load.reserve(endpoint.address);
    return { pod: endpoints.indexOf(endpoint), onEnd: () => reservation.release() };
  }

  retire(): void {
    this.#options.onRetired?.();
  }
}

const cutsByRequest = new WeakMap<InferenceRequest, PromptCuts>();

/**
 * The cuts of a prompt whose bytes are not known: those of the product, at 4 bytes a token. A cut
 * within a block is the same in two prompts only where the whole block is.
 */
export function cutsOf(request: InferenceRequest): PromptCuts {
  const known = cutsByRequest.get(request);
  if (known !== undefined) return known;
  const { blocks, inputTokens } = request;
  const keys: number[] = [];
  const tokens: number[] = [];
  for (let offset = 256; offset <= inputTokens * bytesPerToken; offset = nextCutOffset(offset)) {
    const token = offset / bytesPerToken;
    const block = blocks[Math.ceil(token / blockTokens) - 1] as number;
    keys.push(mixBits(mixBits(block + 1) ^ offset));
    tokens.push(token);
  }
  const cuts = { keys: Uint32Array.from(keys), tokens: Float64Array.from(tokens), totalTokens: inputTokens };
  cutsByRequest.set(request, cuts);
  return cuts;
}
