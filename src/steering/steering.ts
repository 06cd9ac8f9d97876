import type { Phase } from '../phase.ts';

/** An instance's record, as far as steering looks at it. */
export interface SteeredInstance {
  readonly id: string;
  readonly generation: number;
  /** undefined: a phase of a newer release that this one does not know. */
  readonly phase: Phase | undefined;
  /** None of its endpoints is ready: it takes traffic only to refuse it. */
  readonly withoutEndpoints: boolean;
}

export interface SteeringFacts {
  readonly self: SteeredInstance;
  /** Everybody's last record; this instance's own may be among them. */
  readonly instances: Iterable<SteeredInstance>;
  /** The generation the operator wants to serve; undefined: the newest. */
  readonly pinned: number | undefined;
  /**
   * How many instances of preferred generations must be ready before this one steps back; undefined: as many
   * as its own generation has, so that capacity never shrinks.
   */
  readonly minReady: number | undefined;
}

export type Role = { readonly kind: 'serve' } | { readonly kind: 'stand-by'; readonly because: string };

const serve: Role = { kind: 'serve' };

/**
 * Who takes the traffic, decided by each instance for itself from the shared records alone. There is one
 * order of preference: instances with endpoints before those without, then the pinned generation, then the
 * newer before the older. An instance stands by when enough of those before it are ready; so the first of the
 * order never does.
 */
export function assignRole({ self, instances, pinned, minReady }: SteeringFacts): Role {
  let sound = 0;
  let newer = 0;
  let pinnedReady = 0;
  let own = 1;
  for (const other of instances) {
    if (other.id === self.id) continue;
    const { generation, phase } = other;
    if (generation === self.generation && (phase === 'ready' || phase === 'standby')) own += 1;
    if (phase !== 'ready' || other.withoutEndpoints) continue;
    sound += 1;
    if (generation === pinned) pinnedReady += 1;
    if (generation > self.generation) newer += 1;
  }

  if (self.withoutEndpoints && sound > 0) {
    return { kind: 'stand-by', because: `no endpoint is ready here, but for ${sound} others` };
  }
  if (self.generation === pinned) return serve;
  // The operator's word needs no majority, only somebody to act on it.
  if (pinnedReady >= (minReady ?? 1)) {
    return { kind: 'stand-by', because: `generation ${pinned} is pinned, ${pinnedReady} of it are ready` };
  }
  const needed = minReady ?? own;
  if (newer >= needed) {
    return { kind: 'stand-by', because: `${newer} of newer generations are ready, ${needed} needed` };
  }
  return serve;
}

/** The generation that takes the traffic, or most of it while another takes over; undefined when none does. */
export function servingGeneration({
  instances,
  pinned,
}: Pick<SteeringFacts, 'instances' | 'pinned'>): number | undefined {
  let newest: number | undefined;
  for (const { generation, phase, withoutEndpoints } of instances) {
    if (phase !== 'ready' || withoutEndpoints) continue;
    if (generation === pinned) return pinned;
    newest = Math.max(newest ?? generation, generation);
  }
  return newest;
}
