import type { Baton } from '../../tools/testbed/baton.ts';
import { eventually } from './eventually.ts';

const longWait = { timeoutMs: 60_000 };

/** Waits until an instance has `count` peers. */
export async function hasPeers(instance: Baton, count: number): Promise<void> {
  await eventually(async () => expect((await instance.state()).peers).toHaveLength(count), longWait);
}

/** Waits until the view of an instance has no requests but its local ones. */
export async function viewIsLocal(instance: Baton): Promise<void> {
  await eventually(async () => {
    for (const { local, view } of (await instance.state()).pool) expect(view).toBe(local);
  }, longWait);
}

/** Waits until the view of an instance has requests of peers. */
export async function viewIncludesPeers(instance: Baton): Promise<void> {
  await eventually(async () => {
    expect((await instance.state()).pool.some(({ local, view }) => view > local)).toBe(true);
  }, longWait);
}

/** Waits until these instances serve without the store. */
export async function areDegraded(instances: readonly Baton[]): Promise<void> {
  await eventually(async () => {
    for (const instance of instances) {
      const { instance: self, store } = await instance.state();
      expect(self).toMatchObject({ phase: 'ready', degraded: true });
      expect(store.leaseHeld).toBe(false);
    }
  }, longWait);
}

/** Waits until all of these instances have joined the store and have each other as peers. */
export async function allHaveJoined(instances: readonly Baton[]): Promise<void> {
  await eventually(async () => {
    for (const instance of instances) {
      const { instance: self, store, peers } = await instance.state();
      expect(self).toMatchObject({ phase: 'ready', degraded: false });
      expect(store).toMatchObject({ leaseHeld: true, viewAgeMs: 0 });
      expect(peers).toHaveLength(instances.length - 1);
    }
  }, longWait);
}

/** Leases granted after the first one. */
export async function regrantsOf(instance: Baton): Promise<number> {
  return (await instance.state()).store.regrants;
}

/** Waits until all of these instances have been granted another lease and have joined again. */
export async function allHaveRejoined(instances: readonly Baton[], before: readonly number[]): Promise<void> {
  await eventually(async () => {
    const now = await Promise.all(instances.map(regrantsOf));
    for (const [nth, regrants] of now.entries()) expect(regrants).toBeGreaterThan(before[nth] as number);
  }, longWait);
  await allHaveJoined(instances);
}
