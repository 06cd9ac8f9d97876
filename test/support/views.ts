import type { Baton } from '../../tools/testbed/baton.ts';
import { eventually } from './eventually.ts';

/** Waiting for what instances know of each other, as their admin ports tell. */
const patience = { timeoutMs: 60_000 };

/** Waits until an instance knows so many others that live. */
export async function knowsPeers(instance: Baton, count: number): Promise<void> {
  await eventually(async () => expect((await instance.state()).peers).toHaveLength(count), patience);
}

/** Waits until an instance counts nobody's requests but its own. */
export async function ownIsAllItCounts(instance: Baton): Promise<void> {
  await eventually(async () => {
    for (const { local: own, view } of (await instance.state()).pool) expect(view).toBe(own);
  }, patience);
}

/** Waits until an instance counts requests of others as well. */
export async function countsOthers(instance: Baton): Promise<void> {
  await eventually(async () => {
    expect((await instance.state()).pool.some(({ local: own, view }) => view > own)).toBe(true);
  }, patience);
}

/** Waits until these instances decide without the store that they are configured with. */
export async function areDegraded(instances: readonly Baton[]): Promise<void> {
  await eventually(async () => {
    for (const instance of instances) {
      const { instance: own, store } = await instance.state();
      expect(own).toMatchObject({ phase: 'ready', degraded: true });
      expect(store.leaseHeld).toBe(false);
    }
  }, patience);
}

/** Waits until all of these instances follow the store, each knowing all others. */
export async function shareAgain(instances: readonly Baton[]): Promise<void> {
  await eventually(async () => {
    for (const instance of instances) {
      const { instance: own, store, peers } = await instance.state();
      expect(own).toMatchObject({ phase: 'ready', degraded: false });
      expect(store).toMatchObject({ leaseHeld: true, viewAgeMs: 0 });
      expect(peers).toHaveLength(instances.length - 1);
    }
  }, patience);
}

/** How often it has been granted a lease anew. */
export async function regrantsOf(instance: Baton): Promise<number> {
  return (await instance.state()).store.regrants;
}

/** Waits until all of these instances have left the store, been granted new leases, and share again. */
export async function joinAnew(instances: readonly Baton[], before: readonly number[]): Promise<void> {
  await eventually(async () => {
    const now = await Promise.all(instances.map(regrantsOf));
    for (const [nth, regrants] of now.entries()) expect(regrants).toBeGreaterThan(before[nth] as number);
  }, patience);
  await shareAgain(instances);
}
