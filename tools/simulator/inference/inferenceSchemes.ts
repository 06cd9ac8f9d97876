import type { Ledger } from '../../../src/ledger/ledger.ts';
import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import type { Random } from '../../../src/scheduling/load.ts';
import type { PolicyName } from '../../../src/scheduling/policies/index.ts';
import type { Policy } from '../../../src/scheduling/policy.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { SimulatedLedger } from '../simulatedLedger.ts';
import type { SimulatedStore } from '../simulatedStore.ts';
import type { VirtualClock } from '../virtualClock.ts';
import type { EnginePreset } from './enginePresets.ts';
import type { InferencePod } from './inferencePod.ts';
import { PolicyRouter } from './policyRouter.ts';
import { LlmdRouter, OmniscientRouter, RoundRobinRouter, type Router } from './routers.ts';

export interface InferenceFleet {
  readonly clock: VirtualClock;
  readonly store: SimulatedStore;
  readonly random: Random;
  readonly pods: readonly InferencePod[];
  readonly endpoints: readonly Endpoint[];
  readonly engine: EnginePreset;
}

/** How requests find their pods. */
export interface InferenceScheme {
  readonly name: string;
  /** There is one of it, however many instances the fleet has. */
  readonly isCentral?: boolean;
  /** @param id of the instance; undefined: it is alone */
  create(fleet: InferenceFleet, id: string | undefined): Router;
}

/** As `sync.minIntervalMs`. */
const minIntervalMs = 20;

function product(name: PolicyName, counts: 'shared' | 'own'): InferenceScheme['create'] {
  return (fleet, id) => {
    const { clock, random, store, endpoints, engine } = fleet;
    const policy = new PolicySet({
      random,
      nowMs: () => clock.nowMs(),
      pods: { cacheTokens: engine.capacityTokens, prefillTokensPerSecond: 16_000 },
    }).named(name) as Policy;
    const ledger: Ledger =
      id === undefined || counts === 'own'
        ? new MemoryLedger()
        : new SimulatedLedger({ id, clock, store, minIntervalMs });
    return new PolicyRouter(policy, ledger, endpoints);
  };
}

/** In the order of the table. */
export const inferenceSchemes: readonly InferenceScheme[] = [
  {
    name: 'omniscient greedy',
    isCentral: true,
    create: ({ pods, clock }) => new OmniscientRouter(pods, () => clock.nowMs()),
  },
  { name: 'baton prefix', create: product('prefix', 'shared') },
  {
    name: 'llm-d default',
    create: ({ pods, random, clock }) => new LlmdRouter(pods, random, () => clock.nowMs()),
  },
  { name: 'baton least-request', create: product('least-request', 'shared') },
  { name: 'round robin', create: ({ pods, random }) => new RoundRobinRouter(pods.length, random) },
];
