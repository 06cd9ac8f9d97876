import { encodePodSignals, type PodSignal } from '../../../src/proto/records/podSignals.ts';
import { seededRandom } from '../../support/seededRandom.ts';
import { bad, SignalFleet, well } from '../../support/signalFleet.ts';

const eight = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('when eight instances meet a failing pod', () => {
  it('needs three failures of all of them together', async () => {
    const fleet = new SignalFleet(eight);
    fleet.warmUp();
    for (const id of ['c', 'f', 'g']) {
      fleet.answer(id, bad, 500);
      await fleet.settle();
    }
    for (const id of eight) expect(fleet.health(id).kind).toBe('quarantined');
  });

  it('counts an early end at each of two of them as two in a row', async () => {
    const fleet = new SignalFleet(eight);
    fleet.warmUp();
    for (const id of ['c', 'f']) {
      fleet.end(id, bad, 2);
      await fleet.settle();
    }
    for (const id of eight) expect(fleet.health(id).kind).toBe('suspected');
    await fleet.settle(3_000);
    for (const id of eight) expect(fleet.health(id).kind).toBe('trusted');
  });

  it('loses hardly more requests than one instance does', async () => {
    const lostBy = async (ids: readonly string[], seed: number): Promise<number> => {
      const fleet = new SignalFleet(ids);
      fleet.deliveryMs = 10;
      const random = seededRandom(seed);
      fleet.warmUp();
      await fleet.settle();
      let lost = 0;
      for (let nth = 0; nth < 100; nth += 1) {
        const id = ids[Math.floor(random() * ids.length)] as string;
        const isPlacedOnBad = random() < 1 / 3 && !fleet.signals(id).excluded.has(bad);
        if (isPlacedOnBad) fleet.fail(id, bad);
        lost += Number(isPlacedOnBad);
        await fleet.settle(10);
      }
      for (const id of ids) expect(fleet.health(id).kind).toBe('quarantined');
      return lost;
    };
    let [byOne, byEight] = [0, 0];
    for (let seed = 0; seed < 20; seed += 1) {
      byOne += await lostBy(['a'], seed);
      byEight += await lostBy(eight, seed);
    }
    // A third of a request in each 10 ms that a sign, a failure and the quarantine take to arrive.
    expect(byEight / byOne).toBeLessThan(1.5);
  });

  it('is tried by one of those that found it, and trusted by all when that goes well', async () => {
    const fleet = new SignalFleet(eight);
    fleet.warmUp();
    for (const id of ['b', 'g']) for (let nth = 0; nth < 3; nth += 1) fleet.answer(id, bad, 500);
    await fleet.settle(1_050);
    const onTrial = eight.filter((id) => fleet.health(id).kind === 'trial');
    expect(onTrial).toEqual(['b']);
    fleet.answer('b', bad, 200);
    fleet.answer('b', bad, 200);
    await fleet.settle();
    for (const id of eight) expect(fleet.health(id).kind).toBe('trusted');
  });

  it('fails one trial at a time of all of them together', async () => {
    const fleet = new SignalFleet(eight);
    fleet.warmUp();
    for (const id of ['b', 'd', 'g']) for (let nth = 0; nth < 3; nth += 1) fleet.answer(id, bad, 500);
    let trials = 0;
    for (let elapsedMs = 0; elapsedMs < 10_000; elapsedMs += 50) {
      await fleet.settle(50);
      for (const id of eight) {
        const health = fleet.health(id);
        if (health.kind !== 'trial' || health.awaitedUntilMs !== undefined) continue;
        fleet.answer(id, bad, 500);
        trials += 1;
        await fleet.settle(10);
      }
    }
    // After 1, 2 and 4 s.
    expect(trials).toBe(3);
  });

  it('is tried by the others when the instance that found it is gone', async () => {
    const fleet = new SignalFleet(['a', 'b']);
    fleet.warmUp();
    for (let nth = 0; nth < 3; nth += 1) fleet.answer('a', bad, 500);
    await fleet.settle();
    await fleet.remove('a');
    await fleet.settle(3_100);
    expect(fleet.health('b').kind).toBe('trial');
  });
});

describe('when a peer reports a pod', () => {
  const reported = (over: Partial<PodSignal> = {}) =>
    encodePodSignals(
      new Map([
        [
          bad,
          {
            failures: 3,
            remainingMs: 1_000,
            level: 0,
            reason: 'cut',
            isOnTrial: false,
            isSuspected: true,
            earlyEnds: 0,
            ...over,
          },
        ],
      ]),
    );
  const nothing = encodePodSignals(new Map());

  it('excludes it at once, whatever it answered before', () => {
    const fleet = new SignalFleet(['a']);
    for (let nth = 0; nth < 12; nth += 1) fleet.answer('a', bad, 200);
    fleet.put('a', 'b', reported());
    expect(fleet.health('a')).toMatchObject({ kind: 'quarantined', from: 'b' });
  });

  it('that passes this instance its own trials, it is believed no more until it fails here', async () => {
    const fleet = new SignalFleet(['a']);
    fleet.answer('a', well, 200);
    fleet.put('a', 'b', reported());
    await fleet.settle(3_100);
    fleet.answer('a', bad, 200);
    fleet.answer('a', bad, 200);
    expect(fleet.health('a').kind).toBe('trusted');
    fleet.put('a', 'b', reported({ level: 1 }));
    expect(fleet.health('a').kind).toBe('trusted');
    fleet.answer('a', bad, 500);
    fleet.put('a', 'b', reported({ level: 2 }));
    expect(fleet.health('a').kind).toBe('quarantined');
  });

  it('that another one reports as well, it is trusted when neither does', () => {
    const fleet = new SignalFleet(['a']);
    fleet.put('a', 'b', reported());
    fleet.put('a', 'c', reported({ level: 1 }));
    expect(fleet.health('a')).toMatchObject({ from: 'c' });
    fleet.put('a', 'c', nothing);
    expect(fleet.health('a')).toMatchObject({ kind: 'quarantined', from: 'b' });
    fleet.put('a', 'b', nothing);
    expect(fleet.health('a').kind).toBe('trusted');
  });

  it('for a reason of a newer release, it is a server error', () => {
    const fleet = new SignalFleet(['a']);
    fleet.put('a', 'b', reported({ reason: 'too-hot' }));
    expect(fleet.health('a')).toMatchObject({ kind: 'quarantined', reason: 'server-error' });
  });

  it('in a record that cannot be read, it is skipped', () => {
    const fleet = new SignalFleet(['a']);
    fleet.put('a', 'b', Buffer.from('not a record'));
    expect(fleet.unreadable).toEqual(['b']);
  });
});

describe('while failures go on', () => {
  it('writes a few times at once, and then rarely', async () => {
    const fleet = new SignalFleet(['a']);
    for (let nth = 0; nth < 500; nth += 1) {
      fleet.answer('a', bad, 500);
      await fleet.settle(10);
    }
    // Five seconds: eight at once, four a second, and some where all failures have decayed.
    expect(fleet.writes).toBeGreaterThan(10);
    expect(fleet.writes).toBeLessThan(50);
  });
});
