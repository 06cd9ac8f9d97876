import { statusOfRecords } from '../../../src/admin/readStatusReport.ts';
import { readDynamicSettings } from '../../../src/config/dynamicSettings.ts';
import { LoadList } from '../../../src/ledger/loadRecord.ts';
import { decodePoolRecords } from '../../../src/ledger/poolRecords.ts';
import { decodeDynamicConfig } from '../../../src/proto/records/dynamicConfigRecord.ts';
import { decodeInstance } from '../../../src/proto/records/instanceRecord.ts';
import { decodePinnedGeneration } from '../../../src/proto/records/pinnedGeneration.ts';
import { decodeReading } from '../../../src/proto/records/podReading.ts';
import { decodePodSignals } from '../../../src/proto/records/podSignals.ts';
import { decodePodPrefixes, decodePrefixLog } from '../../../src/proto/records/prefixRecords.ts';
import { assignRole } from '../../../src/steering/assignRole.ts';
import { frozenRecords } from '../../support/frozenRecords.ts';

/** The time of the frozen handoffs. */
const handedOffUnixMs = 1_795_000_000_000;

function of(records: ReadonlyMap<string, Uint8Array>, key: string): Uint8Array {
  const value = records.get(key);
  if (value === undefined) throw new Error(`no frozen record "${key}"`);
  return value;
}

describe('records of protocol version 1, from before instances published `without_endpoints`', () => {
  const records = frozenRecords('version1');

  it('make one view, with nothing skipped', () => {
    expect(statusOfRecords(decodePoolRecords(records), 'default', 'frozen', handedOffUnixMs)).toMatchObject({
      instances: [
        {
          id: 'old-1',
          release: '0.1.0',
          generation: 1,
          phase: 'ready',
          degraded: null,
          withoutEndpoints: false,
          inFlight: 30,
        },
      ],
      endpoints: [
        { address: '10.0.0.1:8000', inFlight: 14 },
        { address: '10.0.0.2:8000', inFlight: 20 },
      ],
      handedOff: 4,
      recordsSkipped: 0,
    });
  });

  it('are those of an instance with endpoints, which steering relies on', () => {
    const old = decodeInstance('old-1', of(records, 'instances/old-1'));
    expect(old).toMatchObject({ withoutEndpoints: false, sequence: 0 });
    const self = { id: 'me', generation: 0, phase: 'ready', withoutEndpoints: false } as const;
    expect(
      assignRole({
        self,
        instances: [old],
        isSeenToServe: () => true,
        pinned: undefined,
        minReady: undefined,
      }).kind,
    ).toBe('standby');
  });

  it('hold the pinned generation', () => {
    expect(decodePinnedGeneration(of(records, 'target'))).toMatchObject({
      generation: 1,
      reason: 'hold',
    });
  });
});

describe('records from the future, with unknown fields and an unknown phase', () => {
  const records = frozenRecords('version2');

  it('are read as far as they can be, with nothing skipped', () => {
    expect(statusOfRecords(decodePoolRecords(records), 'default', 'frozen', handedOffUnixMs)).toMatchObject({
      instances: [
        {
          id: 'new-1',
          release: '9.0.0',
          generation: 3,
          phase: 'ready',
          degraded: null,
          withoutEndpoints: true,
          inFlight: 5,
        },
        {
          id: 'new-2',
          release: '9.0.0',
          generation: 3,
          phase: null,
          degraded: null,
          withoutEndpoints: false,
          inFlight: 0,
        },
      ],
      endpoints: [
        { address: '10.0.0.1:8000', inFlight: 5 },
        { address: '10.0.0.2:8000', inFlight: 8 },
      ],
      recordsSkipped: 0,
    });
    expect(decodeInstance('new-1', of(records, 'instances/new-1'))).toMatchObject({
      withoutEndpoints: true,
      sequence: 12,
    });
    expect(decodePinnedGeneration(of(records, 'target'))).toMatchObject({ generation: 3 });
  });

  it('do not make this release stand by for an instance whose phase it does not know', () => {
    const strange = decodeInstance('new-2', of(records, 'instances/new-2'));
    const self = { id: 'me', generation: 1, phase: 'ready', withoutEndpoints: false } as const;
    expect(
      assignRole({
        self,
        instances: [strange],
        isSeenToServe: () => true,
        pinned: undefined,
        minReady: undefined,
      }).kind,
    ).toBe('serve');
  });
});

describe('dynamic configurations', () => {
  const records = frozenRecords('dynamicConfig');
  const read = (key: string) => readDynamicSettings(decodeDynamicConfig(of(records, key)).settings);

  it('of the first release that had one are decoded with their meaning', () => {
    expect(decodeDynamicConfig(of(records, 'first'))).toMatchObject({
      reason: 'pods melt',
      setUnixMs: handedOffUnixMs,
    });
    const { values, problems } = read('first');
    expect(problems).toEqual([]);
    expect(Object.fromEntries(values)).toEqual({
      'scheduling.policy': 'random',
      'scheduling.allowRequestPolicy': false,
      'sync.minIntervalMs': 50,
    });
  });

  it('of a newer release are read as far as this one knows and accepts their settings', () => {
    const { values, problems } = read('newer');
    expect(Object.fromEntries(values)).toEqual({
      'scheduling.unknownPolicy': 'default',
      'telemetry.logLevel': 'warn',
    });
    expect(problems.map(({ path }) => path).toSorted()).toEqual([
      'scheduling.horizonMs',
      'scheduling.policy',
    ]);
  });
});

describe('what instances hold of pods', () => {
  const records = frozenRecords('signals');
  const quiet = { remainingMs: 0, level: 0, isOnTrial: false, isSuspected: false, earlyEnds: 0 };

  it('is decoded as the first release that had it wrote it', () => {
    expect(Object.fromEntries(decodePodSignals(of(records, 'signals/first')))).toEqual({
      '10.0.0.1:8000': { ...quiet, failures: 3, remainingMs: 1500, level: 2, reason: 'server-error' },
      '10.0.0.2:8000': { ...quiet, failures: 1, level: 1, reason: 'overloaded', isOnTrial: true },
      '10.0.0.3:8000': { ...quiet, failures: 2, reason: 'cut-late', isSuspected: true, earlyEnds: 4 },
    });
  });

  it('of a newer release is read as far as it can be, and nothing is skipped', () => {
    expect(Object.fromEntries(decodePodSignals(of(records, 'signals/newer')))).toEqual({
      '10.0.0.1:8000': { ...quiet, failures: 5, remainingMs: 1000, level: 1, reason: 'melting' },
    });
    const status = statusOfRecords(decodePoolRecords(records), 'default', 'frozen', handedOffUnixMs);
    expect(status.recordsSkipped).toBe(0);
    expect(status.endpoints[0]).toMatchObject({ health: 'quarantined', inFlight: 0 });
  });
});

describe('what instances say of prompts', () => {
  const records = frozenRecords('prompts');
  const entries = {
    clockTokens: 10_000,
    firstStamp: 2,
    groups: [
      { stamp: 40, keys: Uint32Array.of(1, 0xffffffff) },
      { stamp: 3, keys: Uint32Array.of(0x01020304) },
    ],
  };

  it('is decoded with its meaning', () => {
    expect(decodePrefixLog(of(records, 'prefix/log/first/0'))).toEqual({
      hashingScheme: 1,
      startedUnixMs: handedOffUnixMs,
      pods: [{ address: '10.0.0.1:8000', computedTokens: 7_000, entries }],
    });
    expect(decodePodPrefixes(of(records, 'prefix/pods/first'))).toEqual({ hashingScheme: 1, entries });
    expect(decodeInstance('a', of(records, 'instances/first')).hashingSchemes).toEqual([1]);
    const load = new LoadList().read(of(records, 'load/first'));
    expect([load.hasTokens, load.inFlight(0), load.assignedTokens(0)]).toEqual([true, 2, 5_000]);
  });

  it('of a newer release has the scheme by which it is left out', () => {
    expect(decodePodPrefixes(of(records, 'prefix/pods/newer'))).toEqual({ hashingScheme: 9, entries });
  });

  it('has no schemes and no tokens in records of releases that know neither', () => {
    const before = frozenRecords('version1');
    expect(decodeInstance('old-1', of(before, 'instances/old-1'))).not.toHaveProperty('hashingSchemes');
    const load = [...before].find(([key]) => key.startsWith('load/'))?.[1] as Uint8Array;
    expect(new LoadList().read(load).hasTokens).toBe(false);
  });
});

describe('what pods say of themselves', () => {
  const records = frozenRecords('readings');

  it('is decoded as the first release that had it wrote it', () => {
    expect(decodeReading(of(records, 'signals/10.0.0.1:8000'))).toEqual({
      reading: {
        engine: 'vllm',
        waiting: 3,
        running: 7,
        kvUse: 0.25,
        promptTokens: 12_345_678,
        generatedTokens: 4_200,
        cacheQueries: 12_345_678,
        cacheHits: 345_678,
        cacheTokens: 427_040,
        startedAtSeconds: 1_760_000_000.5,
        adapters: { running: ['sql'], waiting: ['law'], most: 4 },
      },
      ageMs: 40,
      from: 'baton-1',
    });
  });

  it('of a newer release, and with few fields, is read as far as it can be', () => {
    const reading = { engine: 'triton', running: 0 };
    for (const key of ['signals/10.0.0.2:8000', 'signals/10.0.0.3:8000'])
      expect(decodeReading(of(records, key)).reading).toEqual(reading);
    const status = statusOfRecords(decodePoolRecords(records), 'default', 'frozen', handedOffUnixMs);
    expect(status.recordsSkipped).toBe(0);
  });
});
