import { policyDefinitions } from './policies/index.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from './policy.ts';

export interface PolicySetOptions extends PolicyOptions {
  /** Default: those of Baton. */
  readonly definitions?: readonly PolicyDefinition[];
}

/** One of each policy. They live as long as their scheduler. */
export class PolicySet {
  readonly #byName: ReadonlyMap<string, Policy>;

  constructor({ definitions = policyDefinitions, ...options }: PolicySetOptions) {
    this.#byName = new Map(definitions.map((definition) => [definition.name, definition.create(options)]));
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** The policy that a text names, in any case; undefined: none. */
  named(text: string): Policy | undefined {
    return this.#byName.get(text) ?? this.#byName.get(text.toLowerCase());
  }
}
