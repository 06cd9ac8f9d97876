import { LeftRequests } from '../../../../src/extproc/fullDuplex/leftRequests.ts';
import { MemoryLedger } from '../../../../src/ledger/memoryLedger.ts';
import { PodReadings } from '../../../../src/signals/readings/podReadings.ts';
import { ReadingLoad } from '../../../../src/signals/readings/readingLoad.ts';
import { ManualClock } from '../../../support/manualClock.ts';

const pod = '10.0.0.1:8000';
const other = '10.0.0.2:8000';

let clock: ManualClock;
let ledger: MemoryLedger;
let left: LeftRequests;
let readings: PodReadings;
let load: ReadingLoad;
beforeEach(() => {
  clock = new ManualClock();
  ledger = new MemoryLedger();
  left = new LeftRequests(10_000, clock);
  readings = new PodReadings(() => clock.nowMs());
  load = new ReadingLoad({ load: ledger, readings, assumed: left, nowMs: () => clock.nowMs() });
});

const leave = (address: string, count: number): void => {
  for (let nth = 0; nth < count; nth += 1) left.add(ledger.reserve(address));
};
const say = (address: string, running: number, waiting = 0): void =>
  readings.add(address, { reading: { engine: 'vllm', running, waiting }, ageMs: 0, from: 'a' });

describe('the load of a pod', () => {
  it('is what is counted where all ends are known, whatever the pod says', () => {
    say(pod, 50);
    ledger.reserve(pod);
    expect([load.inFlight(pod), load.localInFlight(pod), load.countedBy(pod)]).toEqual([1, 1, 'exact']);
  });

  it('is what it says and what was placed since, where responses are left', () => {
    leave(pod, 10);
    say(pod, 6, 2);
    leave(pod, 3);
    expect([load.inFlight(pod), load.countedBy(pod)]).toEqual([11, 'reading']);
  });

  it('falls as requests end elsewhere, not when the time of an assumed one is over', () => {
    leave(pod, 4);
    clock.advance(9_500);
    say(pod, 4);
    clock.advance(499);
    leave(pod, 1);
    const before = load.inFlight(pod);
    clock.advance(2);
    expect(ledger.inFlight(pod)).toBe(1);
    // Requests stay ten seconds: four of four that came in ten are there.
    expect(before).toBeCloseTo(4 * Math.exp(-0.05) + 1, 1);
    expect(load.inFlight(pod)).toBeCloseTo(before, 1);
  });

  it('falls when a request with a known end is over', () => {
    leave(pod, 1);
    const reservation = ledger.reserve(pod);
    say(pod, 2);
    reservation.release();
    expect(load.inFlight(pod)).toBe(1);
  });

  it('goes on by itself when the pod says nothing any more, in the scale of the others', () => {
    for (let second = 0; second < 30; second += 1) {
      clock.advance(1_000);
      leave(pod, 2);
      leave(other, 2);
      if (second < 10) say(pod, 8);
      say(other, 8);
    }
    // Twenty were placed in ten seconds, and eight are there: requests stay four seconds.
    expect([load.countedBy(pod), load.countedBy(other)]).toEqual(['assumed', 'reading']);
    expect(Math.abs(load.inFlight(pod) - 8)).toBeLessThan(2);
  });

  it('is what is counted when no pod says anything any more', () => {
    leave(pod, 10);
    say(pod, 5);
    clock.advance(3_001);
    expect([load.countedBy(pod), load.inFlight(pod), load.localInFlight(pod)]).toEqual(['assumed', 10, 10]);
  });

  it('is not what a pod says that always has far less than the others', () => {
    const third = '10.0.0.3:8000';
    for (let second = 0; second < 30; second += 1) {
      clock.advance(1_000);
      for (const address of [pod, other, third]) leave(address, 2);
      say(pod, 0);
      say(other, 8);
      say(third, 8);
    }
    expect([load.countedBy(pod), load.countedBy(other)]).toEqual(['assumed', 'reading']);
    expect(Math.abs(load.inFlight(pod) - 8)).toBeLessThan(3);
  });

  it('is less and less what a pod says whose metrics are late', () => {
    const late: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1_000);
      // Bursts of some seconds, which the late metrics show when they are over.
      const placed = Math.floor(second / 5) % 2 === 0 ? 6 : 0;
      late.push(placed * 2);
      leave(pod, placed);
      leave(other, 3);
      say(pod, late[Math.max(0, second - 5)] ?? 0);
      say(other, 8);
    }
    const before = load.inFlight(pod);
    say(pod, 0);
    expect(load.inFlight(pod)).toBeGreaterThan(0.4 * before);
  });

  it('is assumed where the pod does not say how many it runs', () => {
    leave(pod, 3);
    readings.add(pod, { reading: { engine: 'vllm', kvUse: 0.5 }, ageMs: 0, from: 'a' });
    expect([load.countedBy(pod), load.inFlight(pod)]).toEqual(['assumed', 3]);
  });

  it('leaves only to chance what the peers have placed since', () => {
    leave(pod, 10);
    say(pod, 6, 2);
    leave(pod, 3);
    expect(load.localInFlight(pod)).toBe(11);
  });
});
