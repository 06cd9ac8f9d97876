import { VirtualClock } from '../../../tools/simulator/virtualClock.ts';

describe('virtual time', () => {
  it('fires timers in the order of their times, equal ones in the order of their creation', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    for (const [name, dueMs] of Object.entries({ c: 30, a: 10, b: 20, a2: 10 })) {
      clock.after(dueMs, () => fired.push(`${name} at ${clock.nowMs()}`));
    }
    clock.after(15, () => fired.push('never'))();
    await clock.run();
    expect(fired).toEqual(['a at 10', 'a2 at 10', 'b at 20', 'c at 30']);
  });

  it('runs awaiting code before the next timer', async () => {
    const clock = new VirtualClock();
    const seenMs: number[] = [];
    const settled = new Promise<void>((resolve) => clock.after(5, resolve));
    const waiting = settled.then(() => seenMs.push(clock.nowMs()));
    clock.after(6, () => seenMs.push(clock.nowMs()));
    await clock.run();
    await waiting;
    expect(seenMs).toEqual([5, 6]);
  });
});
