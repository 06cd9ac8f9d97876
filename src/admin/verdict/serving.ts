import { type Phase, takesTraffic } from '../../phase.ts';
import type { InstanceState } from '../state.ts';

/** What takes the traffic, as one instance knows it. */
export interface Serving {
  /** Of the instances that take traffic; empty when none does. */
  readonly releases: readonly string[];
  readonly generation: number | null;
  readonly pinnedGeneration: number | null;
  /** How many instances take traffic, of how many. */
  readonly ready: number;
  readonly instances: number;
}

interface Member {
  readonly release: string;
  readonly generation: number;
  readonly phase: Phase | null;
}

export function serving({ instance, peers, steering }: Omit<InstanceState, 'pool'>): Serving {
  const members: readonly Member[] = [instance, ...peers];
  const ready = members.filter(({ phase }) => phase !== null && takesTraffic(phase));
  return {
    releases: [...new Set(ready.map(({ release }) => release))].sort(),
    generation: steering.servingGeneration,
    pinnedGeneration: steering.pinnedGeneration,
    ready: ready.length,
    instances: members.length,
  };
}
