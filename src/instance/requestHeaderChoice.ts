import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { Policy, RequestFact } from '../scheduling/policy.ts';

export interface RequestHeaderChoiceOptions {
  /** All that are configured. */
  readonly configured: RequestHeaders;
  /** Do endpoints differ by the models that they list, now? */
  readonly hasModels: () => boolean;
  /** The policy of a request that names this one, or none, now. */
  readonly policyFor: (name: string | undefined) => Policy | undefined;
}

/** Which headers are read for a request: only those that can make a difference to it. */
export class RequestHeaderChoice {
  readonly #options: RequestHeaderChoiceOptions;
  /** Without and with the model, each without and with the session. */
  readonly #variants: readonly RequestHeaders[];
  /** By the policy: bits of the facts that it reads. */
  readonly #bits = new WeakMap<Policy, number>();

  constructor(options: RequestHeaderChoiceOptions) {
    this.#options = options;
    const { configured } = options;
    this.#variants = [0, model, session, model | session].map((bits) => ({
      ...configured,
      models: bits & model ? configured.models : [],
      session: bits & session ? configured.session : undefined,
    }));
  }

  /** @param name the policy that the request names */
  for(name: string | undefined): RequestHeaders {
    const { hasModels, policyFor } = this.#options;
    const policy = policyFor(name);
    const bits = (policy === undefined ? 0 : this.#bitsOf(policy)) | (hasModels() ? model : 0);
    return this.#variants[bits] as RequestHeaders;
  }

  #bitsOf(policy: Policy): number {
    if (policy.reads === undefined) return 0;
    let bits = this.#bits.get(policy);
    if (bits === undefined) {
      bits = policy.reads.reduce((all, fact) => all | bitOf[fact], 0);
      this.#bits.set(policy, bits);
    }
    return bits;
  }
}

const model = 1;
const session = 2;
const bitOf: Readonly<Record<RequestFact, number>> = { model, session };
