import type { Tools } from '../../tools/testbed/tools.ts';
import { startTopology, type Topology } from '../../tools/testbed/topology.ts';
import type { FleetLoad } from './options.ts';
import type { PodFleet } from './podFleet.ts';

/** What all setups of a benchmark share. */
export interface BalanceEnvironment {
  readonly tools: Tools;
  /** The kit's binary. */
  readonly kit: string;
  /** For the files of the current setup. */
  readonly dir: string;
  readonly pods: PodFleet;
  readonly load: FleetLoad;
  readonly warmSeconds: number;
}

/** Whether the instances share an etcd, or each knows only its own requests. */
export type BalanceSharing = 'on' | 'off';

export interface BalanceSetup {
  readonly instances: number;
  readonly sharing: BalanceSharing;
}

/**
 * Shipped Envoy in front of a number of shipped instances; etcd, where there is one, is new and
 * empty.
 */
export function startInstances(
  world: BalanceEnvironment,
  instances: number,
  sharing: BalanceSharing,
): Promise<Topology> {
  const { tools, pods } = world;
  return startTopology({ tools, instances, etcd: sharing === 'on', externalPods: pods.addresses });
}
