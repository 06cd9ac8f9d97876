import { PodPrefixes } from '../../../src/prefix/podPrefixes.ts';
import { HashingChoice } from '../../../src/prefixSharing/hashingChoice.ts';
import { chainedCuts } from '../../support/promptCuts.ts';

const capacityTokens = 10_000;
const minuteMs = 60_000;

/** An instance that knows two schemes, with two pods, and the fleet as it sees it. */
class Member {
  nowMs = 0;
  others: readonly (readonly number[])[] = [];
  readonly pods = new Map(['a', 'b'].map((address) => [address, new PodPrefixes(capacityTokens)]));
  readonly choice: HashingChoice;

  constructor(known: readonly number[] = [1, 2]) {
    this.choice = new HashingChoice({
      known,
      ofInstances: () => [known, ...this.others],
      prompts: { addresses: () => this.pods.keys(), prefixesOf: (address) => this.pods.get(address) },
      nowMs: () => this.nowMs,
    });
  }

  /** @returns what is written, and what is read as well, after so many minutes with these others */
  after(minutes: number, others = this.others): readonly (readonly number[])[] {
    this.others = others;
    this.choice.update();
    this.nowMs += minutes * minuteMs;
    this.choice.update();
    return [[this.choice.written], this.choice.alsoRead];
  }

  /** The pod computes as many tokens as its cache holds. */
  turnOver(address: string): void {
    this.pods.get(address)?.place(chainedCuts(1, Math.ceil(capacityTokens / 64)));
    this.pods.get(address)?.clear();
  }
}

const old = [1];
const young = [1, 2];

describe('the hashing scheme of an instance', () => {
  it('is the newest one in a fleet that is new', () => {
    expect(new Member().after(0, [young])).toEqual([[2], [1]]);
  });

  it('is that of the older release while one of it runs', () => {
    const member = new Member();
    expect(member.after(60, [old, young])[0]).toEqual([1]);
  });

  it('is the newer one when none has needed the older for ten minutes', () => {
    const member = new Member();
    member.after(5, [old]);
    expect(member.after(9.9, [young])[0]).toEqual([1]);
    expect(member.after(0.1)).toEqual([[2], [1]]);
  });

  it('stays the older one while an instance that needs it comes and goes', () => {
    const member = new Member();
    for (let times = 0; times < 10; times += 1) {
      expect(member.after(1, [old])[0]).toEqual([1]);
      expect(member.after(9, [])[0]).toEqual([1]);
    }
  });

  it('is the older one at once where an older release joins', () => {
    const member = new Member();
    member.after(0, [young]);
    expect(member.after(0, [old])).toEqual([[1], [2]]);
  });

  it('is the older one for ten minutes where the older release has just left as it starts', () => {
    const member = new Member();
    member.choice.onRecord(2);
    member.choice.onRecord(1);
    expect(member.after(9.9, [young])[0]).toEqual([1]);
    expect(member.after(0.2)[0]).toEqual([2]);
  });

  it('is the only one of a release that knows no other', () => {
    expect(new Member([1]).after(60, [young])).toEqual([[1], []]);
  });
});

describe('prompts that were hashed by another scheme', () => {
  it('are found until each pod has computed as many tokens as its cache holds', () => {
    const member = new Member();
    member.after(0, [young]);
    member.turnOver('a');
    expect(member.after(1)[1]).toEqual([1]);
    member.turnOver('b');
    expect(member.after(0)[1]).toEqual([]);
  });

  it('are found for an hour at most, and not on pods that are gone', () => {
    const idle = new Member();
    idle.after(59, [young]);
    expect(idle.choice.alsoRead).toEqual([1]);
    expect(idle.after(1)[1]).toEqual([]);
    const empty = new Member();
    empty.after(0, [young]);
    empty.pods.clear();
    expect(empty.after(0)[1]).toEqual([]);
  });

  it('are found again as soon as an instance writes that scheme', () => {
    const member = new Member();
    member.after(61, [young]);
    member.choice.onRecord(2);
    expect(member.choice.alsoRead).toEqual([]);
    member.choice.onRecord(1);
    expect(member.choice.alsoRead).toEqual([1]);
  });
});
