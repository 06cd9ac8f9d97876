import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import { PlacedPrompts } from '../../../src/scheduling/placedPrompts.ts';
import type { PolicyName } from '../../../src/scheduling/policies/index.ts';
import { Prefix, type PromptWeights, promptWeights } from '../../../src/scheduling/policies/prefix.ts';
import type { PolicyOptions } from '../../../src/scheduling/policy.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { chunkMs, type EnginePreset } from '../../podsim/engine/enginePresets.ts';
import { SimulatedLedger } from '../simulatedLedger.ts';
import type { InferenceFleet } from './inferenceFleet.ts';
import { PolicyRouter } from './policyRouter.ts';
import type { Router } from './routers/router.ts';

/** As `scheduling.podPrefillTokensPerSecond` should be: a step of nothing but one prompt. */
function prefillTokensPerSecond(engine: EnginePreset): number {
  const { stepTokens, baseMs } = engine;
  return (1000 * stepTokens) / (baseMs + chunkMs(engine, 0, stepTokens));
}

/** What the instances of a scheme tell each other, and read of the engines. */
export interface BatonSharing {
  readonly counts: boolean;
  readonly index: boolean;
  readonly readings: boolean;
}

const everything: BatonSharing = { counts: true, index: true, readings: true };

/** An instance with a policy that knows no prompts. */
export function batonInstance(fleet: InferenceFleet, id: string, name: PolicyName): Router {
  const { endpoints } = fleet;
  const policy = new PolicySet(policyOptions(fleet)).named(name);
  if (policy === undefined) throw new Error(`no policy ${name}`);
  return new PolicyRouter({ policy, load: ledgerOf(fleet, id), endpoints });
}

/** An instance with policy `prefix`. */
export function prefixInstance(
  fleet: InferenceFleet,
  id: string,
  sharing: BatonSharing = everything,
  weights: PromptWeights = promptWeights,
): Router {
  const { endpoints, placements, conditions } = fleet;
  const options = policyOptions(fleet);
  const ledger = sharing.counts ? ledgerOf(fleet, id) : new MemoryLedger();
  let log: ReturnType<typeof placements.join> | undefined;
  const placed = new PlacedPrompts({
    ...options,
    onPlaced: ({ address }, prompt, { uncachedTokens, work }) => {
      ledger.assign(address, work);
      log?.add(address, prompt, uncachedTokens);
    },
  });
  if (ledger instanceof SimulatedLedger)
    ledger.onPeerTokens((address) => placed.onAssigned(address, ledger.assignedTokens(address)));
  if (sharing.index) log = placements.join(id, placed, conditions.upgrade?.handsOver ?? true);
  const readings = sharing.readings ? { readings: fleet.readings } : {};
  return new PolicyRouter({
    policy: new Prefix({ ...options, ...readings, placed }, weights),
    load: ledger,
    endpoints,
    onRetired: () => log?.leave(),
  });
}

function ledgerOf({ clock, store, conditions }: InferenceFleet, id: string): SimulatedLedger {
  return new SimulatedLedger({ id, clock, store, minIntervalMs: conditions.countsMs });
}

function policyOptions({ random, clock, engine }: InferenceFleet): PolicyOptions {
  return {
    random,
    affinity: { loadFactor: 2 },
    pods: { cacheTokens: engine.capacityTokens, prefillTokensPerSecond: prefillTokensPerSecond(engine) },
    nowMs: () => clock.nowMs(),
  };
}
