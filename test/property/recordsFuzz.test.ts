import fc from 'fast-check';
import { hasControlCharacters } from '../../src/controlCharacters.ts';
import { Handoffs } from '../../src/ledger/handoffs.ts';
import { InstanceRecords } from '../../src/ledger/instances.ts';
import { encodeLoads } from '../../src/ledger/loadRecord.ts';
import { LoadReports } from '../../src/ledger/loadReports.ts';
import { PeerCounts } from '../../src/ledger/peerCounts.ts';
import { RegisteredSource } from '../../src/pool/registeredSource.ts';
import { PodPrefixes } from '../../src/prefix/podPrefixes.ts';
import { PrefixReader } from '../../src/prefixSharing/prefixReader.ts';
import { decodeDynamicConfig, encodeDynamicConfig } from '../../src/proto/records/dynamicConfigRecord.ts';
import { decodeHandoff, encodeHandoff } from '../../src/proto/records/handoff.ts';
import { decodeInstance, encodeInstance } from '../../src/proto/records/instanceRecord.ts';
import { decodePinnedGeneration, encodePinnedGeneration } from '../../src/proto/records/pinnedGeneration.ts';
import { decodeReading, encodeReading } from '../../src/proto/records/podReading.ts';
import { decodePodSignals, encodePodSignals } from '../../src/proto/records/podSignals.ts';
import {
  decodePodPrefixes,
  decodePrefixLog,
  encodePodPrefixes,
  encodePrefixLog,
} from '../../src/proto/records/prefixRecords.ts';
import type { RecordKind } from '../../src/proto/records/recordKeys.ts';
import { stateCodecs } from '../../src/proto/stateCodecs.ts';
import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import { PodReadings } from '../../src/signals/readings/podReadings.ts';
import { SharedReadings } from '../../src/signals/readings/sharedReadings.ts';
import { fuzzEffort } from '../support/fuzzEffort.ts';
import { ManualClock } from '../support/manualClock.ts';
import { mutatedBytes } from '../support/mutateBytes.ts';
import { giveSnapshot } from '../support/snapshots.ts';

/**
 * Records of every kind with bytes changed, removed and doubled: each is refused with words for a
 * log, or is a record whose every field is within its bounds. Nothing else is thrown.
 */
const { runs, timeoutMs } = fuzzEffort(100, 10);

const id = fc.constantFrom('a', 'baton-1', 'x'.repeat(63));
const address = fc.constantFrom('10.0.0.1:8000', '[2001:db8::1]:80', '255.255.255.255:65535');
const note = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !hasControlCharacters(text));
const count = fc.oneof(fc.nat(3), fc.constantFrom(127, 128, 2 ** 21, 9_999_999));
const date = fc.constantFrom(0, 1, 1_700_000_000_000, 2 ** 31, 2 ** 32);
const loads = fc.array(fc.tuple(address, count), { maxLength: 3 }).map((entries) => new Map(entries));

const instances = fc
  .record({
    id,
    release: note,
    generation: fc.oneof(count, fc.constantFrom(2 ** 32, Number.MAX_SAFE_INTEGER)),
    phase: fc.constantFrom('starting' as const, 'ready', 'standby', 'draining'),
    addresses: fc.array(address, { maxLength: 2 }),
    zone: note,
    startedUnixMs: date,
    withoutEndpoints: fc.boolean(),
    sequence: count,
  })
  .map(encodeInstance);
const reports = fc.tuple(count, loads).map(([sequence, counts]) => encodeLoads(sequence, counts));
const handoffs = fc.record({ counts: loads, handedOffUnixMs: date, ttlMs: count }).map(encodeHandoff);
const settings = fc.dictionary(fc.constantFrom('scheduling.policy', 'sync.minIntervalMs', 'x'), note);
const configs = fc
  .record({ settings: settings.map((each) => new Map(Object.entries(each))), reason: note, setUnixMs: date })
  .map(encodeDynamicConfig);
const pins = fc.record({ generation: count, reason: note, setUnixMs: date }).map(encodePinnedGeneration);
const signals = fc
  .array(fc.tuple(address, fc.record({ address, requests: count, failures: count, reason: note })), {
    maxLength: 3,
  })
  .map((pods) => stateCodecs.podSignalReport.encode({ pods: pods.map(([, pod]) => pod) }));
const readings = fc
  .record({
    reading: fc.record(
      {
        engine: note,
        waiting: count,
        running: count,
        kvUse: fc.double({ min: 0, max: 1, noNaN: true }),
        promptTokens: date,
        cacheTokens: count,
        startedAtSeconds: fc.double({ min: 0, max: 2e9, noNaN: true }),
        adapters: fc.record({
          running: fc.array(note, { maxLength: 2 }),
          waiting: fc.array(note, { maxLength: 2 }),
          most: count,
        }),
      },
      { requiredKeys: ['engine'] },
    ),
    ageMs: count,
    from: note,
  })
  .map(encodeReading);
const endpoints = fc
  .record({
    address: fc.constantFrom('', '10.0.0.1:8000'),
    weight: fc.oneof(fc.double(), fc.constantFrom(0, 1, 100)),
    labels: fc.dictionary(note, note),
    models: fc.array(note, { maxLength: 3 }),
    slots: count,
  })
  .map((endpoint) => stateCodecs.registeredEndpoint.encode(endpoint));

const prefixEntries = fc.record({
  clockTokens: fc.constantFrom(1_024, 2 ** 31, 2 ** 40 - 257, 2 ** 40 - 1),
  firstStamp: fc.constantFrom(1, 2, 5),
  groups: fc.array(
    fc.record({ stamp: fc.integer({ min: 1, max: 5 }), keys: fc.uint32Array({ maxLength: 4 }) }),
    { maxLength: 3 },
  ),
});
const prefixLogs = fc
  .record({
    hashingScheme: fc.nat(3),
    startedUnixMs: date,
    pods: fc.array(fc.record({ address, computedTokens: count, entries: prefixEntries }), { maxLength: 2 }),
  })
  .map(encodePrefixLog);
const podPrefixes = fc.record({ hashingScheme: fc.nat(3), entries: prefixEntries }).map(encodePodPrefixes);

/** The record; undefined: it was refused, as a record may be. */
function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    requireReadable(error);
    return undefined;
  }
}

/** A bug has another type. */
function requireReadable(error: unknown): void {
  if (!(error instanceof Error) || error.constructor !== Error) throw error;
  // The log escapes what it quotes, and writes all of it.
  if (error.message.length > 2_000) throw new Error('the message is too long', { cause: error });
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Map) return [...value].flatMap(texts);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

function numbers(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (value instanceof Map) return [...value].flatMap(numbers);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [];
}

/** What every reader of a record may take for granted. */
function requireSane(record: unknown): void {
  for (const text of texts(record)) if (hasControlCharacters(text)) throw new Error('control characters');
  for (const number of numbers(record))
    if (!Number.isFinite(number) || number < 0) throw new Error(`the number ${number}`);
}

describe.each<
  [RecordKind, fc.Arbitrary<Uint8Array>, (value: Uint8Array) => unknown, (record: never) => Uint8Array]
>([
  ['instances', instances, (value) => decodeInstance('a', value), encodeInstance],
  ['handoffs', handoffs, decodeHandoff, encodeHandoff],
  ['dynamicConfig', configs, decodeDynamicConfig, encodeDynamicConfig],
  ['pinnedGeneration', pins, decodePinnedGeneration, encodePinnedGeneration],
  ['signals', signals, decodePodSignals, encodePodSignals],
  ['signals', readings, decodeReading, encodeReading],
  ['prefixLog', prefixLogs, decodePrefixLog, encodePrefixLog],
  ['podPrefixes', podPrefixes, decodePodPrefixes, encodePodPrefixes],
])('a mutated record under %s', (_, valid, decode, encode) => {
  it(
    'is refused, or has only what its fields allow, and is the same when it is written again',
    () =>
      fc.assert(
        fc.property(mutatedBytes(valid), (value) => {
          const record = decoded(() => decode(value));
          if (record === undefined) return;
          requireSane(record);
          expect(decode(encode(record as never))).toEqual(record);
        }),
        runs,
      ),
    timeoutMs,
  );
});

describe('what follows mutated records', () => {
  const key = fc.oneof(fc.constantFrom('a', 'a/1', 'own', 'a/', '/', ''), fc.string({ maxLength: 6 }));
  const changes = (valid: fc.Arbitrary<Uint8Array>) =>
    fc.array(fc.record({ key, value: fc.option(mutatedBytes(valid)), isSnapshot: fc.boolean() }), {
      maxLength: 6,
    });

  function follow(
    listener: Pick<RegisteredSource['subscription']['listener'], 'beginSnapshot' | 'onPut' | 'onDelete'>,
    each: { readonly key: string; readonly value: Uint8Array | null; readonly isSnapshot: boolean },
  ): void {
    if (each.value === null) listener.onDelete(each.key);
    else if (each.isSnapshot) giveSnapshot(listener, new Map([[each.key, each.value]]));
    else listener.onPut(each.key, each.value);
  }

  const onUnreadable = (_key: string, cause: unknown): void => requireReadable(cause);

  it(
    'counts of peers stay whole numbers, and none is left when all records are gone',
    () =>
      fc.assert(
        fc.property(changes(reports), (all) => {
          const peers = new PeerCounts({ staleDecayMs: 1_000, nowMs: () => 0 });
          const listener = new LoadReports({ localId: 'own', peers, onLocal() {}, onUnreadable });
          for (const each of all) {
            follow(listener, each);
            for (const sum of peers.sums.values()) expect(Number.isSafeInteger(sum) && sum > 0).toBe(true);
          }
          giveSnapshot(listener, new Map());
          expect([peers.sums.size, peers.totals.size]).toEqual([0, 0]);
        }),
        runs,
      ),
    timeoutMs,
  );

  it(
    'handoffs weigh at least nothing, and instances are those of their keys',
    () =>
      fc.assert(
        fc.property(changes(handoffs), changes(instances), (ofHandoffs, ofInstances) => {
          const listener = new Handoffs({ nowMs: () => 1e9, unixMs: () => 1.7e12, onNew() {}, onUnreadable });
          for (const each of ofHandoffs) follow(listener, each);
          requireSane(listener.sums());
          const records = new InstanceRecords({ onUnreadable });
          for (const each of ofInstances) follow(records, each);
          for (const [key, record] of records.known) expect(record.id).toBe(key);
        }),
        runs,
      ),
    timeoutMs,
  );

  it(
    'caches of pods have as many entries as fit, at times that have been',
    () =>
      fc.assert(
        fc.property(changes(prefixLogs), changes(podPrefixes), (logs, pods) => {
          const prefixes = new PodPrefixes(1_000);
          const reader = new PrefixReader({
            localId: 'own',
            startedUnixMs: 1,
            prompts: { merge: (_address, entries, newTokens) => prefixes.merge(entries, newTokens) },
            schemes: [0, 1, 2, 3],
            onScheme: () => {},
            isOfUse: () => true,
            onSkipped: (_kind, _key, cause) => requireReadable(cause),
          });
          for (const each of logs) follow(reader.log, each);
          for (const each of pods) follow(reader.pods, { ...each, key: '10.0.0.1:8000' });
          const { clockTokens, firstStamp, groups } = prefixes.newestEntries(1_000);
          expect(prefixes.clockTokens).toBe(clockTokens);
          for (const { stamp } of groups) {
            expect(stamp).toBeGreaterThanOrEqual(firstStamp);
            expect(stamp).toBeLessThanOrEqual(1 + clockTokens / 256);
          }
          expect(prefixes.entries).toBeLessThanOrEqual(200);
        }),
        runs,
      ),
    timeoutMs,
  );

  it(
    'readings of pods are never newer than now, and sound',
    () =>
      fc.assert(
        fc.property(changes(readings), (all) => {
          const clock = new ManualClock();
          clock.advance(1e6);
          const known = new PodReadings(() => clock.nowMs());
          const shared = new SharedReadings({
            localId: 'own',
            store: { change: async () => {} },
            readings: known,
            isInPool: () => true,
            minIntervalMs: () => 0,
            clock,
            onUnreadable,
          });
          for (const each of all) follow(shared, each);
          for (const { key } of all) {
            const last = known.last(key);
            if (last === undefined) continue;
            expect(last.atMs).toBeLessThanOrEqual(clock.nowMs());
            requireSane(last.reading);
          }
        }),
        runs,
      ),
    timeoutMs,
  );

  it(
    'endpoints have bounded weights and the address of their key',
    async () => {
      const keys = fc.oneof(
        address,
        fc.constantFrom('[::ffff:10.0.0.1]:80', '[2001:DB8::1]:80', '10.0.0.1', 'pod:80', ''),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(keys, mutatedBytes(endpoints)), { maxLength: 4 }),
          async (records) => {
            let last: readonly Endpoint[] = [];
            const source = new RegisteredSource({
              codec: stateCodecs.registeredEndpoint,
              onSkipped: (_kind, _key, cause) => requireReadable(cause),
            });
            await source.start((list) => {
              last = list;
            });
            giveSnapshot(source.subscription.listener, new Map(records));
            await new Promise(setImmediate);
            await source.stop();
            for (const endpoint of last) {
              requireSane(endpoint);
              expect(endpoint.weight).toBeGreaterThanOrEqual(0.01);
              expect(endpoint.weight).toBeLessThanOrEqual(100);
              expect(records.map(([key]) => key)).toContain(endpoint.address);
            }
          },
        ),
        runs,
      );
    },
    timeoutMs,
  );
});
