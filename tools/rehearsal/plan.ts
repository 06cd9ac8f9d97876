import type { Release } from '../testbed/release.ts';

/** The order of releases in a rehearsal. Pure. */
export interface PlannedStep {
  readonly kind: 'upgrade' | 'rollback';
  /** Number among the steps of its kind, from 1. */
  readonly nth: number;
  readonly from: Release;
  readonly to: Release;
}

/** A release without its generation: each upgrade gives it the next one. */
export type Build = Omit<Release, 'generation'>;

/**
 * Upgrades alternate between the two builds, each with the next generation, so that each build runs
 * beside the other as the older and as the newer one. Rollbacks go back the same way, each to the
 * previous release with its generation.
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

/** With the generation, because every second upgrade has the same label. */
export function releaseName({ release, generation }: Pick<Release, 'release' | 'generation'>): string {
  return `${release}·${generation}`;
}
