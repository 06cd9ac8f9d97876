import { countUnreadable, type PoolRecords } from '../ledger/poolRecords.ts';
import { isFit } from '../phase.ts';
import type { InstanceRecord } from '../proto/records/instanceRecord.ts';
import type { PinnedGeneration } from '../proto/records/pinnedGeneration.ts';
import { servingGeneration } from './assignRole.ts';

/**
 * The instances of one pool and its pinned generation, as `baton upgrade` reads them once. Pure.
 */
export interface Fleet {
  readonly pool: string;
  /** The generation that takes the traffic; null when none does. */
  readonly servingGeneration: number | null;
  /** null: no generation is pinned. */
  readonly pinned: PinnedGeneration | null;
  /** Newest first. */
  readonly generations: readonly Generation[];
  /** Records that are not used: unreadable, too large, too many, or without a lease. */
  readonly recordsSkipped: number;
}

export interface Generation {
  readonly generation: number;
  readonly instances: readonly Pick<InstanceRecord, 'id' | 'release' | 'phase' | 'withoutEndpoints'>[];
}

export function fleetOf(pool: string, records: PoolRecords): Fleet {
  const instances = [...records.instances.values()];
  const pinned = records.pinnedGeneration;
  const byGeneration = Map.groupBy(instances, ({ generation }) => generation);
  const generations = [...byGeneration.keys()].toSorted((a, b) => b - a);
  return {
    pool,
    servingGeneration: servingGeneration({ instances, pinned: pinned?.generation }) ?? null,
    pinned: pinned ?? null,
    generations: generations.map((generation) => ({
      generation,
      instances: (byGeneration.get(generation) ?? [])
        .map(({ id, release, phase, withoutEndpoints }) => ({ id, release, phase, withoutEndpoints }))
        .toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })),
    })),
    recordsSkipped: countUnreadable(records, ['instances', 'pinnedGeneration']),
  };
}

/** The generation to pin, or why none is pinned. */
export type Choice =
  | { readonly kind: 'pin'; readonly generation: number }
  | { readonly kind: 'refuse'; readonly why: string };

/**
 * Refuses a generation without an instance that could serve: its pin would have no effect until one
 * starts.
 */
export function choosePin(fleet: Fleet, generation: number): Choice {
  const fit = fitGenerations(fleet);
  if (fit.includes(generation)) return { kind: 'pin', generation };
  const alternatives =
    fit.length === 0 ? 'no generation has one' : `generations that have one: ${fit.join(', ')}`;
  return {
    kind: 'refuse',
    why: `generation ${generation} has no instance in phase ready or standby (${alternatives})`,
  };
}

/** The highest generation below the one that serves. */
export function chooseRollback(fleet: Fleet): Choice {
  const serving = fleet.servingGeneration;
  if (serving === null)
    return { kind: 'refuse', why: 'no generation serves, so there is nothing to roll back from' };
  const [previous] = fitGenerations(fleet).filter((generation) => generation < serving);
  if (previous !== undefined) return { kind: 'pin', generation: previous };
  return {
    kind: 'refuse',
    why: `no generation below ${serving}, which serves, has an instance in phase ready or standby`,
  };
}

function fitGenerations({ generations }: Fleet): number[] {
  return generations
    .filter(({ instances }) => instances.some(({ phase }) => phase !== undefined && isFit(phase)))
    .map(({ generation }) => generation);
}

/** A report for a terminal. Ends with a line feed. */
export function fleetText({
  pool,
  servingGeneration: serving,
  pinned,
  generations,
  recordsSkipped,
}: Fleet): string {
  const lines = [
    `pool ${pool}: ${serving === null ? 'no generation serves' : `generation ${serving} serves`}`,
    pinned === null
      ? 'no generation is pinned: the newest serves'
      : `generation ${pinned.generation} is pinned since ${new Date(pinned.setUnixMs).toISOString()}${
          pinned.reason === '' ? '' : `: ${pinned.reason}`
        }`,
  ];
  for (const { generation, instances } of generations) {
    lines.push('', `generation ${generation}`);
    for (const { id, release, phase, withoutEndpoints } of instances) {
      const problem = withoutEndpoints ? '  no endpoint is ready' : '';
      lines.push(`  ${id}  ${release}  ${phase ?? 'unknown'}${problem}`);
    }
  }
  if (generations.length === 0) lines.push('', 'No instance is registered.');
  if (recordsSkipped > 0)
    lines.push('', `${recordsSkipped} records skipped: unreadable, too large, too many, or without a lease`);
  return `${lines.join('\n')}\n`;
}
