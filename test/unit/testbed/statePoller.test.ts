import type { InstanceState } from '../../../src/admin/state.ts';
import { StatePoller } from '../../../tools/testbed/statePoller.ts';
import { until } from '../../../tools/testbed/until.ts';

const stateWith = (local: number) =>
  ({ pool: [{ address: '127.0.0.1:8001', local }] }) as unknown as InstanceState;

describe('a watch on two instances', () => {
  it('knows what each answered last, nothing while one does not answer, and what it counted when', async () => {
    let counts = 0;
    const a = { name: 'a', state: async () => stateWith(++counts) };
    const b = { name: 'b', state: () => Promise.reject(new Error('connection refused')) };
    const watch = new StatePoller([a, b], 5);
    const startedMs = Date.now();
    watch.start();
    await until(() => counts >= 10, { what: 'ten answers' });
    await watch.stop();
    const last = counts;
    expect(watch.latest('a')).toEqual(stateWith(last));
    expect(watch.latest('b')).toBeUndefined();
    expect(watch.localCountsAt('a', startedMs)).toMatchObject({ counts: { '127.0.0.1:8001': 1 } });
    expect(watch.localCountsAt('a', Date.now() + 1000)?.offMs).toBeGreaterThan(900);
    expect(watch.localCountsAt('b', startedMs)).toBeUndefined();
  });

  it('asks nothing more once it is stopped, however often', async () => {
    let asked = 0;
    const watch = new StatePoller([{ name: 'a', state: async () => stateWith(++asked) }], 1);
    watch.start();
    await watch.stop();
    await watch.stop();
    const before = asked;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toBe(before);
  });
});
