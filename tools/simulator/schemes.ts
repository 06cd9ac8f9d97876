import type { Random } from '../../src/scheduling/load.ts';
import type { PolicyName } from '../../src/scheduling/policies/index.ts';
import type { Policy } from '../../src/scheduling/policy.ts';
import { PolicySet } from '../../src/scheduling/policySet.ts';
import { EnvoyLeastRequest, ShortestQueue } from './comparators.ts';

/** A scheduling scheme: what instances know, and how they choose. */
export interface Scheme {
  readonly name: string;
  /**
   * - shared: each instance's ledger publishes to its peers, as in production
   * - own: each instance knows its own requests
   * - true: all know everything at all times
   */
  readonly knowledge: 'shared' | 'own' | 'true';
  readonly policy: (random: Random) => Policy;
}

const product =
  (name: PolicyName) =>
  (random: Random): Policy => {
    const policy = new PolicySet({ random }).named(name);
    if (policy === undefined) throw new Error(`no policy ${name}`);
    return policy;
  };

export const batonScheme: Scheme = { name: 'baton', knowledge: 'shared', policy: product('least-request') };
export const globalShortestQueue: Scheme = {
  name: 'omniscient shortest queue',
  knowledge: 'true',
  policy: (random) => new ShortestQueue({ random }),
};
export const sharedShortestQueue: Scheme = {
  name: 'shared view, shortest queue',
  knowledge: 'shared',
  policy: (random) => new ShortestQueue({ random }),
};
export const sharedTwoChoices: Scheme = {
  name: 'shared view, two choices',
  knowledge: 'shared',
  policy: product('power-of-two'),
};
export const independentShortestQueue: Scheme = {
  name: 'independent, shortest queue',
  knowledge: 'own',
  policy: (random) => new ShortestQueue({ random }),
};
export const independentTwoChoices: Scheme = {
  name: 'independent, two choices',
  knowledge: 'own',
  policy: product('power-of-two'),
};
export const envoyAlone: Scheme = {
  name: 'Envoy least_request, alone',
  knowledge: 'own',
  policy: (random) => new EnvoyLeastRequest({ random }),
};
export const randomChoice: Scheme = { name: 'random', knowledge: 'own', policy: product('random') };

export const sessionAffinity: Scheme = {
  name: 'session-affinity',
  knowledge: 'shared',
  policy: product('session-affinity'),
};

/** In the order of the table. */
export const schemes: readonly Scheme[] = [
  globalShortestQueue,
  batonScheme,
  sharedTwoChoices,
  sharedShortestQueue,
  independentShortestQueue,
  independentTwoChoices,
  envoyAlone,
  randomChoice,
];
