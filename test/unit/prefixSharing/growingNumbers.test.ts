import type { PodEntries } from '../../../src/prefix/podEntries.ts';
import { lastClockTokens, lastStamp } from '../../../src/prefix/podEntries.ts';
import { PodPrefixes } from '../../../src/prefix/podPrefixes.ts';
import { PrefixReader } from '../../../src/prefixSharing/prefixReader.ts';
import {
  decodePodPrefixes,
  decodePrefixLog,
  encodePodPrefixes,
  encodePrefixLog,
} from '../../../src/proto/records/prefixRecords.ts';
import { giveSnapshot } from '../../support/snapshots.ts';

/** What only grows in the records of prompts: tokens that were placed, the clock of a pod. */
const edges = [2 ** 28, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
const pod = '10.0.0.1:8000';
const noEntries: PodEntries = { clockTokens: 1, firstStamp: 1, groups: [] };

const log = (computedTokens: number) =>
  encodePrefixLog({
    hashingScheme: 1,
    startedUnixMs: 1,
    pods: [{ address: pod, computedTokens, entries: noEntries }],
  });

/** Reads logs, and has the new tokens that each brought. */
function reader(isOfUse: (address: string) => boolean = () => true) {
  const newTokens: number[] = [];
  const skipped: string[] = [];
  const prefixes = new PrefixReader({
    localId: 'own',
    startedUnixMs: 1,
    prompts: { merge: (_address, _entries, tokens) => newTokens.push(tokens) },
    schemes: [1],
    onScheme: () => {},
    isOfUse,
    onSkipped: (_kind, key) => skipped.push(key),
  });
  return { listener: prefixes.log, pods: prefixes.pods, newTokens, skipped };
}

describe.each(edges)('an instance that has placed %d tokens on a pod', (tokens) => {
  it('says so, and its peers add what came since', () => {
    expect(decodePrefixLog(log(tokens)).pods[0]?.computedTokens).toBe(tokens);
    const { listener, newTokens } = reader();
    for (const computed of [tokens - 300, tokens - 200, tokens]) listener.onPut('a/0', log(computed));
    expect(newTokens).toEqual([0, 100, 200]);
  });
});

describe('the clock of a pod', () => {
  it.each([2 ** 28, 2 ** 31, 2 ** 32, lastClockTokens])(
    'is read as it was written at %d tokens',
    (clockTokens) => {
      const stamp = Math.floor(clockTokens / 256) + 1;
      const entries = { clockTokens, firstStamp: stamp, groups: [{ stamp, keys: Uint32Array.of(1) }] };
      const bytes = encodePodPrefixes({ hashingScheme: 1, entries });
      expect(decodePodPrefixes(bytes).entries).toEqual(entries);
      const prefixes = new PodPrefixes(100_000);
      prefixes.merge(decodePodPrefixes(bytes).entries);
      expect([prefixes.entries, prefixes.clockTokens]).toEqual([1, clockTokens]);
    },
  );

  it.each([lastClockTokens + 1, 2 ** 40, 2 ** 53 - 1])(
    'is refused at %d tokens: its stamp has 33 bits',
    (clockTokens) => {
      const entries = { ...noEntries, clockTokens };
      expect(() => decodePodPrefixes(encodePodPrefixes({ hashingScheme: 1, entries }))).toThrow(
        /^clock_tokens is /,
      );
    },
  );

  it('has no entry of a later time', () => {
    const groups = [{ stamp: lastStamp, keys: Uint32Array.of(1) }];
    const entries = { clockTokens: lastClockTokens - 256, firstStamp: 1, groups };
    expect(() => decodePodPrefixes(encodePodPrefixes({ hashingScheme: 1, entries }))).toThrow(/^stamp is /);
  });
});

it('what is said of pods outside of the pool is not taken', () => {
  const { listener, pods, newTokens, skipped } = reader((address) => address !== pod);
  listener.onPut('a/0', log(1_000));
  pods.onPut(pod, encodePodPrefixes({ hashingScheme: 1, entries: noEntries }));
  expect([newTokens, skipped]).toEqual([[], []]);
  pods.onPut('10.0.0.2:8000', encodePodPrefixes({ hashingScheme: 1, entries: noEntries }));
  expect(newTokens).toEqual([0]);
});

describe('what is remembered of an instance', () => {
  it('is forgotten with its records, since there may be others without end', () => {
    const { listener, newTokens } = reader();
    listener.onPut('a/0', log(1_000));
    listener.onDelete('a/0');
    listener.onPut('a/0', log(1_500));
    giveSnapshot(listener, new Map([['b/0', log(10)]]));
    listener.onPut('a/1', log(2_000));
    listener.onPut('b/0', log(15));
    expect(newTokens).toEqual([0, 0, 0, 0, 5]);
  });

  it('is bounded, however many pods it names', () => {
    const { listener, newTokens, skipped } = reader();
    const pods = (from: number, computedTokens: number) =>
      encodePrefixLog({
        hashingScheme: 1,
        startedUnixMs: 1,
        pods: Array.from({ length: 10_000 }, (_, nth) => {
          const address = `10.${(from + nth) >> 16}.${((from + nth) >> 8) & 255}.${(from + nth) & 255}:80`;
          return { address, computedTokens, entries: noEntries };
        }),
      });
    for (let from = 0; from < 70_000; from += 10_000) listener.onPut('a/0', pods(from, 1));
    const before = newTokens.length;
    listener.onPut('a/0', pods(0, 2));
    expect(skipped).toEqual([]);
    // The first ones are not known any more.
    expect(newTokens.slice(before)).toEqual(Array(10_000).fill(0));
  });
});
