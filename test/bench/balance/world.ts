import type { Tools } from '../../../src/rehearsal/tools.ts';
import { startTopology, type Topology } from '../../../src/rehearsal/topology.ts';
import type { FleetLoad } from './options.ts';
import type { PodFleet } from './podFleet.ts';

/** What all setups of one bench share. */
export interface World {
  readonly tools: Tools;
  /** The kit's binary. */
  readonly kit: string;
  /** For the files of whatever is under way. */
  readonly dir: string;
  readonly pods: PodFleet;
  readonly load: FleetLoad;
  readonly warmSeconds: number;
}

/** Whether the instances have an etcd in common, or each knows only what it placed itself. */
export type Sharing = 'on' | 'off';

/** Envoy as shipped before so many instances as shipped; etcd, where there is one, is new and empty. */
export function startInstances(world: World, instances: number, sharing: Sharing): Promise<Topology> {
  const { tools, pods } = world;
  return startTopology({ tools, instances, etcd: sharing === 'on', givenPods: pods.addresses });
}
