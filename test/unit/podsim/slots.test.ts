import { type Slot, Slots } from '../../../tools/podsim/slots.ts';

/** Takes part in the queue and notes who was granted a slot. */
function queueUp(slots: Slots, names: readonly string[], granted: string[]): Slot[] {
  return names.map((name) => slots.acquire(() => granted.push(name)));
}

describe('when slots are free', () => {
  it('grants at once', () => {
    const slots = new Slots(2);
    const granted: string[] = [];
    queueUp(slots, ['a', 'b'], granted);
    expect(granted).toEqual(['a', 'b']);
    expect(slots).toMatchObject({ running: 2, waiting: 0, maxRunning: 2 });
  });

  it('gives the slot to the request that it was granted to before acquire returns', () => {
    const slots = new Slots(1);
    slots.acquire((slot) => slot.release());
    expect(slots).toMatchObject({ running: 0, waiting: 0, maxRunning: 1 });
  });
});

describe('when all slots are taken', () => {
  it('serves the queue in the order of arrival', () => {
    const slots = new Slots(1);
    const granted: string[] = [];
    const held = queueUp(slots, ['a', 'b', 'c'], granted);
    expect(slots).toMatchObject({ running: 1, waiting: 2 });
    held[0]?.release();
    expect(granted).toEqual(['a', 'b']);
    held[1]?.release();
    expect(granted).toEqual(['a', 'b', 'c']);
  });

  it('passes over one that left the queue', () => {
    const slots = new Slots(1);
    const granted: string[] = [];
    const held = queueUp(slots, ['a', 'b', 'c'], granted);
    held[1]?.release();
    expect(slots.waiting).toBe(1);
    held[0]?.release();
    expect(granted).toEqual(['a', 'c']);
  });

  it('counts a release only once', () => {
    const slots = new Slots(2);
    const granted: string[] = [];
    const held = queueUp(slots, ['a', 'b', 'c', 'd'], granted);
    held[0]?.release();
    held[0]?.release();
    expect(granted).toEqual(['a', 'b', 'c']);
    expect(slots).toMatchObject({ running: 2, waiting: 1, maxRunning: 2 });
  });

  it('gets through a long queue of those that need no time', () => {
    const slots = new Slots(1);
    let ran = 0;
    const first = slots.acquire(() => {});
    for (let count = 0; count < 50_000; count++) {
      slots.acquire((slot) => {
        ran++;
        slot.release();
      });
    }
    first.release();
    expect(ran).toBe(50_000);
    expect(slots).toMatchObject({ running: 0, waiting: 0, maxRunning: 1 });
  });
});
