import fc from 'fast-check';
import { PlacementLog } from '../../src/prefix/placementLog.ts';
import type { PodEntries } from '../../src/prefix/podEntries.ts';
import { PodPrefixes } from '../../src/prefix/podPrefixes.ts';
import { PrefixTable } from '../../src/prefix/prefixTable.ts';
import type { PromptCuts } from '../../src/request/promptCuts.ts';
import { chainedCuts } from '../support/promptCuts.ts';

/** The tables of prefixes: a set with the latest stamps, and the longest beginning in it. */

const entries = fc.array(fc.tuple(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 1, max: 50 })), {
  maxLength: 800,
});

function tableOf(...lists: readonly (readonly (readonly [number, number])[])[]): string {
  const table = new PrefixTable(1_000_000);
  for (const list of lists) for (const [key, stamp] of list) table.add(key, stamp, 1);
  return content(table);
}

function content(table: PrefixTable): string {
  const found: string[] = [];
  table.forEach((key, stamp) => {
    found.push(`${key}@${stamp}`);
  });
  return found.sort().join(' ');
}

/** Conversations on one pod: each step continues one of some prompts, or begins one. */
const steps = fc.array(
  fc.record({ chain: fc.integer({ min: 0, max: 6 }), cuts: fc.integer({ min: 1, max: 40 }) }),
  { maxLength: 60 },
);

const walked = (cache: PodPrefixes, prompt: PromptCuts): number => {
  let depth = 0;
  while (depth < prompt.keys.length && cache.matchedCuts(onlyCut(prompt, depth)) === 1) depth += 1;
  return depth;
};

/** A prompt that has this cut alone. */
const onlyCut = ({ keys, tokens, totalTokens }: PromptCuts, index: number): PromptCuts => ({
  keys: keys.slice(index, index + 1),
  tokens: tokens.slice(index, index + 1),
  totalTokens,
});

describe('a table of prefixes', () => {
  it('has the latest stamp of each key, in whatever order and however often entries come', () => {
    fc.assert(
      fc.property(entries, entries, (one, other) => {
        const merged = tableOf(one, other);
        return merged === tableOf(other, one) && merged === tableOf(one, other, one, other);
      }),
    );
  });

  it('drops what is too old, never what is newer, however often it is rebuilt', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 5_000 }), (count, oldest) => {
        const table = new PrefixTable(1_000_000);
        for (let stamp = 1; stamp <= count; stamp += 1)
          table.add(Math.imul(stamp, 0x9e3779b1) >>> 0, stamp, oldest);
        for (let stamp = oldest; stamp <= count; stamp += 1) {
          if (table.stampOf(Math.imul(stamp, 0x9e3779b1) >>> 0) !== stamp) return false;
        }
        return true;
      }),
      { numRuns: 30 },
    );
  });

  it('stays within its limit, and keeps the newest', () => {
    const table = new PrefixTable(1_000);
    for (let stamp = 1; stamp <= 100_000; stamp += 1) table.add(Math.imul(stamp, 0x9e3779b1) >>> 0, stamp, 1);
    expect(table.bytes).toBeLessThanOrEqual(32 * 1024);
    for (let stamp = 99_600; stamp <= 100_000; stamp += 1) {
      expect(table.stampOf(Math.imul(stamp, 0x9e3779b1) >>> 0)).toBe(stamp);
    }
  });

  it('holds a million entries of 100 pods in 16 MiB', () => {
    const tables = Array.from({ length: 100 }, () => new PrefixTable(1_000_000));
    for (const [pod, table] of tables.entries()) {
      for (let n = 0; n < 10_000; n += 1)
        table.add(Math.imul(pod * 10_000 + n + 1, 0x9e3779b1) >>> 0, n + 1, 1);
    }
    expect(tables.reduce((sum, { size }) => sum + size, 0)).toBe(1_000_000);
    expect(tables.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(16 * 1024 * 1024);
  });
});

/** Room is made while the last one is added, and the entries before it are none too old. */
const fullWithinPrompt = [
  { chain: 0, cuts: 33 },
  { chain: 2, cuts: 31 },
  { chain: 1, cuts: 33 },
];

describe('the prefixes of a pod', () => {
  it.each([2_000, 20_000, 1_000_000])(
    'finds by binary search what walking finds, and never a cut without those before it (%i tokens)',
    (capacity) => {
      fc.assert(
        fc.property(steps, (taken) => {
          const cache = new PodPrefixes(capacity);
          const prompts = taken.map(({ chain, cuts }) => chainedCuts(chain, cuts));
          return prompts.every((prompt) => {
            cache.place(prompt);
            return prompts.every((any) => {
              const depth = cache.matchedCuts(any);
              const deeper = any.keys.findIndex(
                (_, index) => index >= depth && cache.matchedCuts(onlyCut(any, index)) === 1,
              );
              return depth === walked(cache, any) && deeper === -1;
            });
          });
        }),
        { numRuns: 40, examples: [[fullWithinPrompt]] },
      );
    },
  );
});

/** One instance's memory of one pod, and what it has not told the others yet. */
class Member {
  readonly pod = new PodPrefixes(20_000);
  readonly log = new PlacementLog();

  place(prompt: PromptCuts): void {
    this.log.add('pod', prompt, this.pod.place(prompt));
  }

  sendNews(): PodEntries[] {
    return this.log.take(1_000_000).map(({ long, short }) => this.pod.entriesOf([...long, ...short]));
  }

  /** Everything that it believes. */
  get known(): PodEntries {
    return this.pod.newestEntries(1_000_000);
  }
}

const isWhole = (pod: PodPrefixes, prompt: PromptCuts): boolean => {
  const depth = pod.matchedCuts(prompt);
  return !prompt.keys.some((_, index) => index >= depth && pod.matchedCuts(onlyCut(prompt, index)) === 1);
};

interface MemberStep {
  readonly who: number;
  readonly chain: number;
  readonly cuts: number;
  readonly does: 'place' | 'send' | 'lose';
}

const memberSteps: fc.Arbitrary<MemberStep[]> = fc.array(
  fc.record({
    who: fc.nat(2),
    chain: fc.nat(6),
    cuts: fc.integer({ min: 1, max: 40 }),
    does: fc.constantFrom('place', 'place', 'place', 'send', 'lose'),
  }),
  { maxLength: 80 },
);

/** What three instances said while they placed prompts and heard nothing of each other. */
function messagesOf(steps: readonly MemberStep[]): readonly PodEntries[] {
  const members = [new Member(), new Member(), new Member()];
  return steps.flatMap(({ who, chain, cuts, does }) => {
    const member = members[who] as Member;
    if (does === 'send') return member.sendNews();
    if (does === 'lose') member.pod.clear();
    else member.place(chainedCuts(chain, cuts));
    return [];
  });
}

function merged(messages: readonly PodEntries[]): PodPrefixes {
  const pod = new PodPrefixes(20_000);
  for (const message of messages) pod.merge(message);
  return pod;
}

describe('what instances say of a pod', () => {
  it('makes one memory, in whatever order and however often it comes', () => {
    fc.assert(
      fc.property(memberSteps, fc.infiniteStream(fc.nat()), (steps, order) => {
        const messages = messagesOf(steps);
        const shuffled = messages
          .map((message) => ({ message, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ message }) => message);
        const expected = merged(messages).newestEntries(1_000_000);
        for (const other of [shuffled, [...messages, ...shuffled], [...shuffled, ...messages.slice(0, 3)]]) {
          expect(comparable(merged(other).newestEntries(1_000_000))).toEqual(comparable(expected));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never leaves a cut without those before it, whatever is lost', () => {
    fc.assert(
      fc.property(memberSteps, fc.infiniteStream(fc.boolean()), (steps, isLost) => {
        const pod = merged(messagesOf(steps).filter(() => !isLost.next().value));
        return steps.every(({ chain }) => isWhole(pod, chainedCuts(chain, 40)));
      }),
      { numRuns: 60 },
    );
  });

  it('is the same to one that joins later and reads only the newest entries', () => {
    fc.assert(
      fc.property(memberSteps, fc.nat(200), (steps, most) => {
        const known = merged(messagesOf(steps));
        const [all, some] = [known.newestEntries(1_000_000), known.newestEntries(most)].map((entries) =>
          merged([entries]),
        ) as [PodPrefixes, PodPrefixes];
        expect(comparable(all.newestEntries(1_000_000))).toEqual(comparable(known.newestEntries(1_000_000)));
        expect(some.clockTokens).toBe(known.clockTokens);
        return steps.every(({ chain }) => {
          const prompt = chainedCuts(chain, 40);
          return isWhole(some, prompt) && some.matchedCuts(prompt) <= known.matchedCuts(prompt);
        });
      }),
      { numRuns: 60 },
    );
  });
});

const comparable = ({ clockTokens, firstStamp, groups }: PodEntries) => ({
  clockTokens,
  firstStamp,
  groups: groups.map(({ stamp, keys }) => `${stamp}: ${[...keys].sort().join(' ')}`),
});
