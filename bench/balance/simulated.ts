import { usual } from '../../tools/simulator/scenario.ts';
import { batonScheme, independentShortestQueue } from '../../tools/simulator/schemes.ts';
import { simulate } from '../../tools/simulator/simulate.ts';
import { meanServiceMs } from '../../tools/simulator/trace.ts';
import type { BalanceSetup } from './environment.ts';
import type { FleetLoad } from './options.ts';
import { balanceRequestsPerSecond } from './requests.ts';

/**
 * The p99 of the queueing time that the simulator predicts for a setup, from the same requests that
 * the pods got: the difference is what the real parts add. Its requests take as long as those of a
 * chat, so its time is scaled to match.
 */
export async function simulatedP99Ms(
  load: FleetLoad,
  { instances, sharing }: BalanceSetup,
  seconds: number,
  seed: number,
): Promise<number> {
  const stretch = meanServiceMs / load.serviceMs;
  const scenario = {
    ...usual,
    name: 'bench',
    pods: load.pods,
    slots: load.slots,
    utilisation: load.utilisation,
    instances,
    syncMs: usual.syncMs * stretch,
    hopMs: usual.hopMs * stretch,
    requests: Math.round(seconds * balanceRequestsPerSecond(load)),
  };
  const scheme = sharing === 'on' ? batonScheme : independentShortestQueue;
  return (await simulate(scenario, scheme, seed)).waitMs.p99 / stretch;
}
