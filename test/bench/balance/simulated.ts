import { usual } from '../../../src/simulate/scenario.ts';
import { baton, independentShortestQueue } from '../../../src/simulate/schemes.ts';
import { simulate } from '../../../src/simulate/simulate.ts';
import { meanServiceMs } from '../../../src/simulate/trace.ts';
import type { Setup } from './measure.ts';
import type { FleetLoad } from './options.ts';
import { requestsPerSecond } from './requests.ts';

/**
 * The p99 of the queueing time that the simulator expects of a setup, from the very requests that the pods got:
 * what the real parts add shows in the difference. Its requests take as long as those of a chat, so that its
 * whole time is stretched to fit.
 */
export async function simulatedP99Ms(
  load: FleetLoad,
  { instances, sharing }: Setup,
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
    requests: Math.round(seconds * requestsPerSecond(load)),
  };
  const scheme = sharing === 'on' ? baton : independentShortestQueue;
  return (await simulate(scenario, scheme, seed)).waitMs.p99 / stretch;
}
