import type { Baton } from '../../tools/testbed/baton.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from './eventually.ts';

/** The view of an instance: requests in flight by endpoint, without endpoints that have none. */
export async function viewOf(instance: Baton): Promise<Record<string, number>> {
  const { pool } = await instance.state();
  return Object.fromEntries(pool.filter(({ view }) => view > 0).map(({ address, view }) => [address, view]));
}

/** The sum of these instances' local counts. */
export async function localInFlight(instances: readonly Baton[]): Promise<number> {
  const states = await Promise.all(instances.map((instance) => instance.state()));
  return states.flatMap(({ pool }) => pool).reduce((sum, { local }) => sum + local, 0);
}

/** Waits until no instance has an open stream or a count above zero. */
export async function allCountsReturnToZero({ instances }: Topology): Promise<void> {
  await eventually(
    async () => {
      for (const instance of instances) {
        expect(await viewOf(instance)).toEqual({});
        expect((await instance.state()).streams.open).toBe(0);
      }
      expect(await localInFlight(instances)).toBe(0);
    },
    { timeoutMs: 20_000 },
  );
}
