import type { SchedulingRequest } from '../../request/schedulingRequest.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Load } from '../load.ts';
import { type ModelEvidence, runsModels } from '../modelEvidence.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from '../policy.ts';
import { leastRequestPolicy } from './leastRequest.ts';
import { prefixPolicy } from './prefix.ts';

export const autoPolicy = {
  name: 'auto',
  summary: '`prefix` where the pods are known to run language models, else `least-request`',
  create: (options): Policy => new Auto(options),
} as const satisfies PolicyDefinition;

const none: ModelEvidence = { listsModels: false, engines: 0, promptedPods: 0 };

/**
 * Stands for one of two policies, by what is known of the pool. Whether the body of a request can
 * be read is not its question: `prefix` places one without a prompt as `least-request` does.
 */
class Auto implements Policy {
  readonly name = 'auto';
  /** As `prefix` does: then pods are asked for their metrics, which show what they are. */
  readonly reads = ['prompt'] as const;
  readonly #evidence: () => ModelEvidence;
  readonly #prefix: Policy;
  readonly #leastRequest: Policy;

  constructor(options: PolicyOptions) {
    this.#evidence = options.evidence ?? (() => none);
    this.#prefix = prefixPolicy.create(options);
    this.#leastRequest = leastRequestPolicy.create(options);
  }

  current(): Policy {
    return runsModels(this.#evidence()) ? this.#prefix : this.#leastRequest;
  }

  choose(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): Endpoint {
    return this.current().choose(candidates, load, request);
  }

  onPicked(endpoint: Endpoint, candidates: readonly Endpoint[], request: SchedulingRequest): void {
    this.current().onPicked?.(endpoint, candidates, request);
  }
}
