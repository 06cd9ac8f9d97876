import { systemClock } from '../clock.ts';
import { Mix, type MixPart } from './mix.ts';
import { parseMix } from './parseMix.ts';
import { policyDefinitions } from './policies/index.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from './policy.ts';

export interface PolicySetOptions extends Partial<PolicyOptions> {
  readonly random: PolicyOptions['random'];
  /** Default: those of Baton. */
  readonly definitions?: readonly PolicyDefinition[];
}

/** As the setting `scheduling.affinityLoadPercent`. */
const defaultAffinity = { loadFactor: 2 };
/** As the settings of the same names. */
const defaultPods = { cacheTokens: 400_000, prefillTokensPerSecond: 16_000 };
/** Mixes are kept until there are so many: requests name them. */
const mostMixes = 64;

/** One of each policy, and their mixes. They live as long as their scheduler. */
export class PolicySet {
  readonly #byName: ReadonlyMap<string, Policy>;
  readonly #random: PolicyOptions['random'];
  /** By the text that names it. */
  readonly #mixes = new Map<string, Policy>();

  constructor({ definitions = policyDefinitions, ...given }: PolicySetOptions) {
    const options = { affinity: defaultAffinity, pods: defaultPods, nowMs: systemClock.nowMs, ...given };
    this.#byName = new Map(definitions.map((definition) => [definition.name, definition.create(options)]));
    this.#random = given.random;
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** Those that can be parts of a mix. */
  get mixable(): readonly string[] {
    return [...this.#byName.values()].filter(hasCosts).map(({ name }) => name);
  }

  /** The policy that a text names, in any case, or the mix; undefined: none. */
  named(text: string): Policy | undefined {
    return this.#byName.get(text) ?? this.#byName.get(text.toLowerCase()) ?? this.#mixOf(text);
  }

  #mixOf(text: string): Policy | undefined {
    const known = this.#mixes.get(text);
    if (known !== undefined) return known;
    const mix = this.#parse(text);
    if (mix === undefined) return undefined;
    if (this.#mixes.size >= mostMixes) this.#mixes.clear();
    this.#mixes.set(text, mix);
    return mix;
  }

  #parse(text: string): Policy | undefined {
    const parsed = parseMix(text) ?? [];
    if (parsed[0] !== undefined && parsed.length === 1) return this.#byName.get(parsed[0].name);
    const parts: MixPart[] = [];
    for (const { name, weight } of parsed) {
      const policy = this.#byName.get(name);
      if (policy === undefined || !hasCosts(policy)) return undefined;
      parts.push({ policy, weight });
    }
    return parts.length === 0 ? undefined : new Mix(parts, this.#random);
  }
}

function hasCosts(policy: Policy): policy is MixPart['policy'] {
  return policy.costs !== undefined;
}
