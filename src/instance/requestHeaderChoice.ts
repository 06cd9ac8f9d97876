import type { ModelInBody, RequestHeaders } from '../request/requestHeaders.ts';
import type { Policy, RequestFact } from '../scheduling/policy.ts';
import type { Traits } from '../scheduling/traits.ts';

export interface RequestHeaderChoiceOptions {
  /** All that are configured. */
  readonly configured: RequestHeaders;
  /** Are some model names aliases, now? Then the model, and the session, decide on the variant. */
  readonly hasAliases?: () => boolean;
  /** The model is read of each request, whether or not a decision depends on it. */
  readonly readsModel?: boolean;
  /** Which models do the endpoints list, now? */
  readonly models: () => Pick<Traits, 'models' | 'modelsDiffer'>;
  /** The policy of a request that names this one, or none, now. */
  readonly policyFor: (name: string | undefined) => Policy | undefined;
}

/** Bits. The model is read from headers; also from a body that helps; from one that decides. */
const inHeaders = 1;
const inBody = 2;
const decisive = 4;
const session = 8;
const prompt = 16;
const asksForSession = 32;
const variants = 64;
/** A prompt is cached for one model, which the headers may name. */
const bitsOfFact: Readonly<Record<RequestFact, number>> = {
  model: inHeaders | inBody,
  session: session | asksForSession,
  prompt: inHeaders | prompt,
};

/** What is read of a request: only what can make a difference to it. */
export class RequestHeaderChoice {
  readonly #options: RequestHeaderChoiceOptions;
  /** By their bits. */
  readonly #variants: readonly RequestHeaders[];
  readonly #always: number;
  /** By the policy: bits of the facts that it reads. */
  readonly #bits = new WeakMap<Policy, number>();

  constructor(options: RequestHeaderChoiceOptions) {
    this.#options = options;
    const { configured, readsModel = false } = options;
    const hasFields = (configured.session?.bodyFields.length ?? 0) > 0;
    this.#always = readsModel ? inHeaders | inBody : 0;
    this.#variants = Array.from({ length: variants }, (_, bits) => ({
      ...configured,
      models: bits & inHeaders ? configured.models : [],
      modelInBody: modelInBody(bits),
      promptInBody: (bits & prompt) !== 0,
      session: bits & session ? configured.session : undefined,
      asksForSession: hasFields && (bits & asksForSession) !== 0,
    }));
  }

  /** @param name the policy that the request names */
  for(name: string | undefined): RequestHeaders {
    const { hasAliases, models, policyFor } = this.#options;
    const policy = policyFor(name);
    const traits = models();
    let bits = this.#always | (policy === undefined ? 0 : this.#bitsOf(policy));
    if (hasAliases?.()) bits |= inHeaders | decisive | session;
    if (traits.models) bits |= inHeaders;
    if (traits.modelsDiffer) bits |= decisive;
    return this.#variants[bits] as RequestHeaders;
  }

  #bitsOf(policy: Policy): number {
    if (policy.reads === undefined) return 0;
    let bits = this.#bits.get(policy);
    if (bits === undefined) {
      bits = policy.reads.reduce((all, fact) => all | bitsOfFact[fact], 0);
      this.#bits.set(policy, bits);
    }
    return bits;
  }
}

function modelInBody(bits: number): ModelInBody {
  if (bits & decisive) return 'decides';
  return bits & inBody ? 'helps' : 'unread';
}
