import { countUnreadable, type PoolRecords } from '../ledger/poolRecords.ts';
import type { InstanceRecord } from '../proto/records/instanceRecord.ts';
import type { PinnedGeneration } from '../proto/records/pinnedGeneration.ts';
import { servingGeneration } from './steering.ts';

/** The instances of one pool and its pinned generation: what `baton upgrade` shows and decides by. Pure. */
export interface Fleet {
  readonly pool: string;
  /** The generation that takes the traffic; null when none does. */
  readonly servingGeneration: number | null;
  /** null: no generation is pinned. */
  readonly pinned: PinnedGeneration | null;
  /** The newest first. */
  readonly generations: readonly Generation[];
  /** Records that could not be read. */
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

/** The generation that an order comes down to, or why it cannot be carried out. */
export type Choice =
  | { readonly kind: 'pin'; readonly generation: number }
  | { readonly kind: 'refuse'; readonly why: string };

/** A generation of which no instance could serve is refused: its pin would do nothing now and surprise later. */
export function choosePin(fleet: Fleet, generation: number): Choice {
  const fit = fitGenerations(fleet);
  if (fit.includes(generation)) return { kind: 'pin', generation };
  const which = fit.length === 0 ? 'none has' : `those that have: ${fit.join(', ')}`;
  return {
    kind: 'refuse',
    why: `generation ${generation} has no instance that is ready or stands by (${which})`,
  };
}

/** The highest generation below the one that serves. */
export function chooseRollback(fleet: Fleet): Choice {
  const serving = fleet.servingGeneration;
  if (serving === null)
    return { kind: 'refuse', why: 'no generation serves, so there is none to go back from' };
  const [generation] = fitGenerations(fleet).filter((one) => one < serving);
  if (generation !== undefined) return { kind: 'pin', generation };
  return {
    kind: 'refuse',
    why: `no generation below ${serving}, which serves, has an instance that is ready or stands by`,
  };
}

function fitGenerations({ generations }: Fleet): number[] {
  return generations
    .filter(({ instances }) => instances.some(({ phase }) => phase === 'ready' || phase === 'standby'))
    .map(({ generation }) => generation);
}

/** For people. Ends with a line end. */
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
      const lack = withoutEndpoints ? '  no endpoint is ready' : '';
      lines.push(`  ${id}  ${release}  ${phase ?? 'unknown'}${lack}`);
    }
  }
  if (generations.length === 0) lines.push('', 'No instance is alive.');
  if (recordsSkipped > 0) lines.push('', `${recordsSkipped} records could not be read and were skipped`);
  return `${lines.join('\n')}\n`;
}
