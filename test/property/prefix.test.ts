import fc from 'fast-check';
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
        { numRuns: 40 },
      );
    },
  );
});
