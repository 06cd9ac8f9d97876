import type { Endpoint } from './endpoint.ts';
import type { Load } from './load.ts';

/** Chooses one of the candidates. Its only state may be what it has picked. */
export interface Policy {
  readonly name: PolicyName;
  /** @param candidates at least one, in no particular order */
  choose(candidates: readonly Endpoint[], load: Load): Endpoint;
}

/** The names that a request may give in `routing-strategy`. */
export const policyNames = ['random', 'round-robin', 'least-request', 'power-of-two'] as const;
export type PolicyName = (typeof policyNames)[number];

/** The policy that a text names, in any case; undefined: none. */
export function policyNamed(text: string): PolicyName | undefined {
  if (isPolicyName(text)) return text;
  const name = text.toLowerCase();
  return isPolicyName(name) ? name : undefined;
}

export function isPolicyName(name: string): name is PolicyName {
  return (policyNames as readonly string[]).includes(name);
}

/** The load an endpoint would carry with one request more, relative to its capacity. */
export function relativeLoad(endpoint: Endpoint, load: Load): number {
  return (load.inFlight(endpoint.address) + 1) / endpoint.weight;
}
