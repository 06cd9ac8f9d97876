import type { Release } from '../testbed/release.ts';

/** Which release follows which in a rehearsal. Pure. */
export interface PlannedStep {
  readonly kind: 'upgrade' | 'rollback';
  /** Counts the steps of its kind, from 1. */
  readonly nth: number;
  readonly from: Release;
  readonly to: Release;
}

/** A build without its place in the order: every upgrade gives it the next generation. */
export type Build = Omit<Release, 'generation'>;

/**
 * Upgrades alternate between the two builds, each as a newer generation than the one before, so that each has
 * to live beside the other as the older and as the newer one. Rollbacks then go the same way back, step by
 * step, each to the release before with the generation it had.
 */
export function planSteps(from: Build, to: Build, upgrades: number, rollbacks: number): PlannedStep[] {
  const releases = Array.from(
    { length: upgrades + 1 },
    (_, index): Release => ({ ...(index % 2 === 0 ? from : to), generation: index + 1 }),
  );
  const step = (kind: PlannedStep['kind'], nth: number, fromIndex: number, toIndex: number): PlannedStep => ({
    kind,
    nth,
    from: releases[fromIndex] as Release,
    to: releases[toIndex] as Release,
  });
  return [
    ...Array.from({ length: upgrades }, (_, index) => step('upgrade', index + 1, index, index + 1)),
    ...Array.from({ length: rollbacks }, (_, index) =>
      step('rollback', index + 1, upgrades - index, upgrades - index - 1),
    ),
  ];
}

/** `upgrade 2 (old → new)`. */
export function stepName({ kind, nth, from, to }: PlannedStep): string {
  return `${kind} ${nth} (${releaseName(from)} → ${releaseName(to)})`;
}

/** With its generation, because every second upgrade brings the same label again. */
export function releaseName({ release, generation }: Pick<Release, 'release' | 'generation'>): string {
  return `${release}·${generation}`;
}
