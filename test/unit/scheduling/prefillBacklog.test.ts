import { PrefillBacklog } from '../../../src/scheduling/prefillBacklog.ts';
import { prefillWork } from '../../../src/scheduling/prefillWork.ts';

/** A pod that is taken to compute 10 tokens a millisecond. */
class Pod {
  nowMs = 0;
  assignedByPeers: number | undefined = 0;
  reading: { atMs: number; waiting: number } | undefined;
  readonly backlog = new PrefillBacklog(10);

  constructor() {
    this.tokens();
  }

  tokens(): number {
    return this.backlog.tokens(this);
  }

  /** Prompts arrive, one after the other. */
  assign(...prompts: readonly number[]): number {
    for (const tokens of prompts) {
      this.backlog.assign(tokens, this.nowMs);
    }
    return this.tokens();
  }

  /** Its engine says how many requests wait, and that is known `ageMs` later. */
  says(waiting: number, ageMs = 0): number {
    this.reading = { atMs: this.nowMs, waiting };
    this.nowMs += ageMs;
    return this.tokens();
  }
}

describe('tokens that a pod has yet to compute', () => {
  it('are those that were assigned, less what it can have computed, where it says nothing', () => {
    const pod = new Pod();
    expect(pod.assign(5_000)).toBe(5_000);
    pod.nowMs = 300;
    expect(pod.tokens()).toBe(2_000);
    pod.nowMs = 10_000;
    expect(pod.tokens()).toBe(0);
  });

  it('are all tokens of those that wait by its own account, however slow it is', () => {
    const pod = new Pod();
    pod.says(0);
    pod.assign(20_000, 30_000, 40_000);
    pod.nowMs = 3_000;
    expect(pod.tokens()).toBe(60_000);
    // The first is not done, and the others have not been begun.
    expect(pod.says(2)).toBeGreaterThanOrEqual(70_000);
    expect(pod.tokens()).toBeLessThanOrEqual(75_000);
  });

  it('are none of those before the last that was begun, but for one step, however fast it is', () => {
    const pod = new Pod();
    pod.assign(50_000, 60_000, 3_000, 4_000);
    pod.nowMs = 100;
    expect(pod.says(1)).toBeLessThan(60_000 + 3_000 + 4_000 + 1);
    pod.nowMs = 200;
    expect(pod.says(0)).toBeLessThan(8_192 + 60_000);
    pod.assign(1_000, 1_000, 1_000, 9_000, 2_000);
    pod.nowMs = 210;
    expect(pod.says(0)).toBeLessThan(20_000);
  });

  it('were more when the reading was made, if it comes late', () => {
    const pod = new Pod();
    pod.assign(10_000, 20_000);
    pod.nowMs = 10;
    const known = pod.says(1, 200);
    expect(known).toBeGreaterThan(20_000);
    expect(known).toBeLessThanOrEqual(30_000 - 2_000);
  });

  it('include those that were assigned after the reading', () => {
    const pod = new Pod();
    pod.assign(10_000);
    pod.nowMs = 1_000;
    pod.reading = { atMs: 900, waiting: 0 };
    pod.nowMs = 1_010;
    expect(pod.assign(7_000)).toBeGreaterThanOrEqual(7_000);
  });

  it('include requests that wait there and that no one here assigned', () => {
    const pod = new Pod();
    pod.assign(...Array.from({ length: 60 }, () => 4_000));
    pod.nowMs = 60_000;
    pod.says(0);
    expect(pod.says(0)).toBe(0);
    pod.nowMs += 1_000;
    const unknown = pod.says(10);
    expect(unknown).toBeGreaterThan(30_000);
    expect(unknown).toBeLessThan(50_000);
  });

  it('include what peers assign, from the moment at which that is known', () => {
    const pod = new Pod();
    pod.nowMs = 200;
    pod.assignedByPeers = 3_000;
    expect(pod.tokens()).toBe(3_000);
    pod.nowMs += 100;
    expect(pod.tokens()).toBe(2_000);
    pod.nowMs = 10_000;
    expect(pod.tokens()).toBe(0);
  });

  it('do not include what was computed since a reading that is looked at late', () => {
    const pod = new Pod();
    pod.assign(1_000);
    pod.nowMs = 1_000;
    pod.reading = { atMs: 1_000, waiting: 0 };
    for (const atMs of [1_100, 1_400]) {
      pod.nowMs = atMs;
      pod.backlog.assign(2_000, atMs);
    }
    pod.nowMs = 1_500;
    // The first is done after 200 ms, 1,000 of the second after 100 more.
    expect(pod.tokens()).toBe(1_000);
  });

  it('are not all that peers ever assigned, when that was unknown for a while', () => {
    const pod = new Pod();
    for (const assigned of [1_000_000, undefined, 1_002_000]) {
      pod.nowMs += 200_000;
      pod.assignedByPeers = assigned;
      pod.tokens();
    }
    expect(pod.tokens()).toBe(0);
    pod.assignedByPeers = 1_005_000;
    expect(pod.tokens()).toBe(3_000);
  });

  it('are estimated again where readings stop', () => {
    const pod = new Pod();
    pod.assign(10_000, 20_000);
    pod.says(1);
    pod.nowMs = 10_000;
    expect(pod.tokens()).toBe(0);
    expect(pod.assign(5_000)).toBe(5_000);
    pod.nowMs += 400;
    expect(pod.tokens()).toBe(1_000);
  });

  it('stay bounded in memory, and lose none of the work', () => {
    const pod = new Pod();
    expect(pod.assign(...Array.from({ length: 2_000 }, () => 100))).toBe(200_000);
    pod.nowMs = 10_000;
    expect(pod.tokens()).toBe(100_000);
  });
});

describe('the work of a prompt', () => {
  it('is twice its tokens behind 31,000, and one and a half times for as many', () => {
    expect(prefillWork(10, 31_000)).toBeCloseTo(20, 1);
    expect(prefillWork(31_000, 0)).toBe(46_500);
    expect(prefillWork(6_000, 2_000) + prefillWork(2_000, 0)).toBe(prefillWork(8_000, 0));
  });
});
