import type { Baton } from '../../tools/testbed/baton.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from './eventually.ts';

/** What instances count, as their admin ports tell. */

/** Requests in flight by endpoint, everybody's, as this instance sees them; endpoints without any are left out. */
export async function viewOf(instance: Baton): Promise<Record<string, number>> {
  const { pool } = await instance.state();
  return Object.fromEntries(pool.filter(({ view }) => view > 0).map(({ address, view }) => [address, view]));
}

/** Requests in flight that these instances count as their own. */
export async function ownInFlight(instances: readonly Baton[]): Promise<number> {
  const states = await Promise.all(instances.map((instance) => instance.state()));
  return states.flatMap(({ pool }) => pool).reduce((sum, { local: own }) => sum + own, 0);
}

/** Waits until no instance knows of a request in flight any more, its own or another's. */
export async function allCountsReturnToZero({ instances }: Topology): Promise<void> {
  await eventually(
    async () => {
      for (const instance of instances) {
        expect(await viewOf(instance)).toEqual({});
        expect((await instance.state()).streams.open).toBe(0);
      }
      expect(await ownInFlight(instances)).toBe(0);
    },
    { timeoutMs: 20_000 },
  );
}
