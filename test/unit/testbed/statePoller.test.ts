import { setImmediate as settled } from 'node:timers/promises';
import type { InstanceState } from '../../../src/admin/state.ts';
import { StatePoller } from '../../../tools/testbed/statePoller.ts';
import { FakeClock } from '../../support/fakeClock.ts';

const stateWith = (local: number) =>
  ({ pool: [{ address: '127.0.0.1:8001', local }] }) as unknown as InstanceState;

describe('a poller of two instances', () => {
  it('keeps the last state of each, none while one does not answer, and the counts at a time', async () => {
    let counts = 0;
    const a = { name: 'a', state: async () => stateWith(++counts) };
    const b = { name: 'b', state: () => Promise.reject(new Error('connection refused')) };
    const clock = new FakeClock();
    const poller = new StatePoller([a, b], { intervalMs: 100, clock, nowUnixMs: () => clock.nowMs() });
    poller.start();
    await settled();
    for (let polls = 1; polls < 10; polls++) {
      clock.advance(100);
      await settled();
    }
    await poller.stop();
    expect(poller.latest('a')).toEqual(stateWith(10));
    expect(poller.latest('b')).toBeUndefined();
    expect(poller.localCountsAt('a', 0)).toEqual({ counts: { '127.0.0.1:8001': 1 }, offMs: 0 });
    expect(poller.localCountsAt('a', 1900)).toEqual({ counts: { '127.0.0.1:8001': 10 }, offMs: 1000 });
    expect(poller.localCountsAt('b', 0)).toBeUndefined();
  });

  it('polls no more once it is stopped, however often', async () => {
    let polls = 0;
    const clock = new FakeClock();
    const poller = new StatePoller([{ name: 'a', state: async () => stateWith(++polls) }], { clock });
    poller.start();
    await poller.stop();
    await poller.stop();
    clock.advance(1000);
    await settled();
    expect([polls, clock.pendingTimers]).toEqual([1, 0]);
  });
});
