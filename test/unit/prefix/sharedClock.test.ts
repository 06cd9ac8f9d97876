import { PeerProgress } from '../../../src/prefix/peerProgress.ts';
import { PlacementLog } from '../../../src/prefix/placementLog.ts';
import { PodPrefixes } from '../../../src/prefix/podPrefixes.ts';
import { chainedCuts } from '../../support/promptCuts.ts';

/** Instances that place prompts on the same pod share its token clock. */
const capacityTokens = 100_000;
const cuts = 20;
const tokens = chainedCuts(0, cuts).totalTokens;

class Member {
  readonly pod = new PodPrefixes(capacityTokens);
  readonly log = new PlacementLog();
  readonly #peers = new PeerProgress();
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  place(chain: number): void {
    const prompt = chainedCuts(chain, cuts);
    this.log.add('pod', prompt, this.pod.place(prompt));
  }

  sendTo(others: readonly Member[], times = 1): void {
    for (const { computedTokens, long, short } of this.log.take(1_000_000)) {
      const entries = this.pod.entriesOf([...long, ...short]);
      for (const other of others) {
        for (let nth = 0; nth < times; nth += 1) other.#hear(this.id, computedTokens, entries);
      }
    }
  }

  #hear(from: string, computedTokens: number, entries: ReturnType<PodPrefixes['entriesOf']>): void {
    this.pod.merge(entries, this.#peers.advance(from, 1, 'pod', computedTokens));
  }
}

describe('two instances that place prompts on one pod', () => {
  it('count what it has to compute for both, each message once', () => {
    const [a, b] = [new Member('a'), new Member('b')];
    a.place(1);
    a.sendTo([b], 3);
    b.sendTo([a], 3);
    expect(b.pod.clockTokens).toBe(tokens);
    for (let chain = 2; chain < 12; chain += 1) (chain % 2 === 0 ? a : b).place(chain);
    b.sendTo([a], 2);
    a.sendTo([b], 2);
    // Of an instance that is heard of for the first time only its clock is known: 5 of b's prompts.
    expect(b.pod.clockTokens).toBe(11 * tokens);
    expect(a.pod.clockTokens).toBe(11 * tokens - 5 * tokens + 0);
  });

  it('find each other’s prompts, until the pod had to compute others for either of them', () => {
    const [a, b] = [new Member('a'), new Member('b')];
    a.place(1);
    a.sendTo([b]);
    expect(b.pod.matchedCuts(chainedCuts(1, cuts))).toBe(cuts);
    for (let chain = 2; chain * tokens < capacityTokens + 3 * tokens; chain += 1) {
      (chain % 2 === 0 ? a : b).place(chain);
      a.sendTo([b]);
      b.sendTo([a]);
    }
    expect([a, b].map(({ pod }) => pod.matchedCuts(chainedCuts(1, cuts)))).toEqual([0, 0]);
  });

  it('forget what a pod had before it lost its cache, also when it is told of it late', () => {
    const [a, b, late] = [new Member('a'), new Member('b'), new Member('late')];
    a.place(1);
    const before = a.pod.newestEntries(1_000);
    a.pod.clear();
    a.place(2);
    a.sendTo([b, late]);
    late.pod.merge(before);
    b.pod.merge(before);
    for (const { pod } of [b, late]) {
      expect([1, 2].map((chain) => pod.matchedCuts(chainedCuts(chain, cuts)))).toEqual([0, cuts]);
    }
  });
});

it('what an instance placed before it met the others stays known to it, and to them', () => {
  const [old, alone] = [new Member('old'), new Member('alone')];
  for (let chain = 100; chain < 500; chain += 1) old.place(chain);
  alone.place(1);
  alone.pod.merge(old.pod.newestEntries(1_000_000));
  alone.sendTo([old]);
  for (const { pod } of [old, alone]) {
    expect([1, 499].map((chain) => pod.matchedCuts(chainedCuts(chain, cuts)))).toEqual([cuts, cuts]);
  }
});

it('a clock that is absurdly far ahead is not followed', () => {
  const member = new Member('a');
  member.place(1);
  member.pod.merge({ clockTokens: 2 ** 40 - 512, firstStamp: 1, groups: [] });
  expect(member.pod.matchedCuts(chainedCuts(1, cuts))).toBe(cuts);
});
