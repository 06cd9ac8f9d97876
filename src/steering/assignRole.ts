import type { Phase } from '../phase.ts';

/** The fields of an instance's record that steering depends on. */
export interface SteeredInstance {
  readonly id: string;
  readonly generation: number;
  /** undefined: a phase of a newer release that this release does not know. */
  readonly phase: Phase | undefined;
  /** None of its endpoints is ready, so it would answer every request with 503. */
  readonly withoutEndpoints: boolean;
}

export interface SteeringFacts {
  readonly self: SteeredInstance;
  /** The last record of every instance; this instance's own may be among them. */
  readonly instances: Iterable<SteeredInstance>;
  /** Is this instance not only said to be ready, but seen to serve? */
  readonly isSeenToServe: (id: string) => boolean;
  /** The pinned generation; undefined: the newest generation serves. */
  readonly pinned: number | undefined;
  /**
   * How many instances of preferred generations must be ready before this one moves to standby.
   * undefined: as many as its own generation has, so that capacity never shrinks.
   */
  readonly minReady: number | undefined;
}

/** What one instance does with new traffic. */
export type Role = { readonly kind: 'serve' } | { readonly kind: 'standby'; readonly reason: string };

const serve: Role = { kind: 'serve' };

/**
 * Assigns this instance its role, from the shared records alone; there is no leader. The order of
 * preference: instances with ready endpoints before those without, then the pinned generation, then
 * newer generations before older ones. An instance stands by when enough instances before it are
 * ready, so the first in the order always serves; and one of them is seen to serve, since a record
 * alone may be forged, or of an instance that no proxy reaches.
 */
export function assignRole({ self, instances, isSeenToServe, pinned, minReady }: SteeringFacts): Role {
  const serviceable = new Group(isSeenToServe);
  const newer = new Group(isSeenToServe);
  const pinnedReady = new Group(isSeenToServe);
  let sameGeneration = 1;
  for (const other of instances) {
    if (other.id === self.id) continue;
    const { generation, phase } = other;
    if (generation === self.generation && (phase === 'ready' || phase === 'standby')) sameGeneration += 1;
    if (phase !== 'ready' || other.withoutEndpoints) continue;
    serviceable.add(other.id);
    if (generation === pinned) pinnedReady.add(other.id);
    if (generation > self.generation) newer.add(other.id);
  }

  if (self.withoutEndpoints && serviceable.has(1)) {
    return {
      kind: 'standby',
      reason: `no endpoint is ready here, ${serviceable.size} other instances have ready endpoints`,
    };
  }
  if (self.generation === pinned) return serve;
  // A pin takes effect with one ready instance: the operator has decided.
  if (pinnedReady.has(minReady ?? 1)) {
    return {
      kind: 'standby',
      reason: `generation ${pinned} is pinned and has ${pinnedReady.size} ready instances`,
    };
  }
  const needed = minReady ?? sameGeneration;
  if (newer.has(needed)) {
    return {
      kind: 'standby',
      reason: `newer generations have ${newer.size} ready instances, ${needed} are needed`,
    };
  }
  return serve;
}

/** Ready instances that come before this one. */
class Group {
  readonly #isSeenToServe: SteeringFacts['isSeenToServe'];
  #isSeen = false;
  size = 0;

  constructor(isSeenToServe: SteeringFacts['isSeenToServe']) {
    this.#isSeenToServe = isSeenToServe;
  }

  add(id: string): void {
    this.size += 1;
    this.#isSeen ||= this.#isSeenToServe(id);
  }

  /** Is it of this size, and serves? */
  has(needed: number): boolean {
    return this.size >= needed && this.#isSeen;
  }
}

/**
 * The generation that takes all traffic, or most of it during a takeover; undefined when none does.
 */
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
