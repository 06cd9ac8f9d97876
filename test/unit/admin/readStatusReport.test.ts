import { statusOfRecords } from '../../../src/admin/readStatusReport.ts';
import { encodeLoads } from '../../../src/ledger/loadRecord.ts';
import { decodePoolRecords } from '../../../src/ledger/poolRecords.ts';
import { encodeHandoff } from '../../../src/proto/records/handoff.ts';
import { encodeInstance } from '../../../src/proto/records/instanceRecord.ts';
import { encodeReading } from '../../../src/proto/records/podReading.ts';
import { encodePodSignals } from '../../../src/proto/records/podSignals.ts';
import { stateCodecs } from '../../../src/proto/stateCodecs.ts';

function instance(id: string, phase: 'ready' | 'draining'): Uint8Array {
  const place = { addresses: [], zone: '', startedUnixMs: 1, withoutEndpoints: false, sequence: 1 };
  return encodeInstance({ id, phase, release: '1.0.0', generation: 1, ...place });
}

const nowMs = 1_795_000_000_000;

const unknown = { ready: null, health: null, reason: null, countedBy: null, reading: null };

describe('the records of a pool', () => {
  it('add up to one view: load reports and handoffs of all instances', () => {
    const records = new Map<string, Uint8Array>([
      ['instances/one', instance('one', 'draining')],
      ['instances/two', instance('two', 'ready')],
      ['load/one', encodeLoads(4, new Map([['10.0.0.1:80', 1]]))],
      ['load/one/2f', encodeLoads(0, new Map([['10.0.0.1:80', 2]]))],
      [
        'load/two',
        encodeLoads(
          9,
          new Map([
            ['10.0.0.1:80', 2],
            ['10.0.0.2:80', 1],
          ]),
        ),
      ],
      ['endpoints/10.0.0.3:80', stateCodecs.registeredEndpoint.encode({ address: '10.0.0.3:80' })],
      [
        'handoffs/gone/1',
        encodeHandoff({
          counts: new Map([['10.0.0.2:80', 8]]),
          handedOffUnixMs: nowMs - 15_000,
          ttlMs: 60_000,
        }),
      ],
      ['config', new Uint8Array([1, 2, 3])],
    ]);
    expect(
      statusOfRecords(decodePoolRecords(records), 'default', 'etcd http://127.0.0.1:2379', nowMs),
    ).toEqual({
      pool: 'default',
      source: 'etcd http://127.0.0.1:2379',
      instances: [
        {
          id: 'one',
          release: '1.0.0',
          generation: 1,
          phase: 'draining',
          degraded: null,
          withoutEndpoints: false,
          inFlight: 3,
        },
        {
          id: 'two',
          release: '1.0.0',
          generation: 1,
          phase: 'ready',
          degraded: null,
          withoutEndpoints: false,
          inFlight: 3,
        },
      ],
      endpoints: [
        { ...unknown, address: '10.0.0.1:80', inFlight: 5 },
        { ...unknown, address: '10.0.0.2:80', inFlight: 7 },
        { ...unknown, address: '10.0.0.3:80', inFlight: 0 },
      ],
      handedOff: 6,
      recordsSkipped: 0,
    });
  });

  it('show the pods that instances hold in quarantine, on trial or suspect, and why', () => {
    const found = { failures: 3, level: 1, reason: 'server-error', earlyEnds: 0, remainingMs: 0 };
    const quarantined = { ...found, remainingMs: 900, isOnTrial: false, isSuspected: false };
    const suspected = { ...found, isOnTrial: false, isSuspected: true };
    const onTrial = { ...found, reason: 'overloaded', isOnTrial: true, isSuspected: false };
    const records = new Map<string, Uint8Array>([
      ['instances/one', instance('one', 'ready')],
      [
        'signals/one',
        encodePodSignals(
          new Map([
            ['10.0.0.1:80', quarantined],
            ['10.0.0.2:80', suspected],
          ]),
        ),
      ],
      [
        'signals/two',
        encodePodSignals(
          new Map([
            ['10.0.0.1:80', suspected],
            ['10.0.0.2:80', onTrial],
            ['10.0.0.3:80', { ...suspected, isSuspected: false }],
          ]),
        ),
      ],
    ]);
    expect(statusOfRecords(decodePoolRecords(records), 'default', 'etcd', nowMs).endpoints).toEqual([
      { ...unknown, address: '10.0.0.1:80', health: 'quarantined', reason: 'server-error', inFlight: 0 },
      { ...unknown, address: '10.0.0.2:80', health: 'trial', reason: 'overloaded', inFlight: 0 },
    ]);
  });

  it('show what pods say of themselves', () => {
    const reading = { engine: 'vllm', running: 4, waiting: 1 };
    const records = new Map([['signals/10.0.0.1:80', encodeReading({ reading, ageMs: 0, from: 'one' })]]);
    expect(statusOfRecords(decodePoolRecords(records), 'default', 'etcd', nowMs).endpoints).toEqual([
      {
        ...unknown,
        address: '10.0.0.1:80',
        inFlight: 0,
        reading: { running: 4, waiting: 1, cacheHitRate: null, firstTokenMs: null },
      },
    ]);
  });

  it('are skipped and counted where they cannot be read', () => {
    const garbage = new TextEncoder().encode('no record at all');
    const records = new Map([
      ['instances/bad', garbage],
      ['load/bad', garbage],
      ['instances/good', instance('good', 'ready')],
    ]);
    const report = statusOfRecords(decodePoolRecords(records), 'default', 'etcd', nowMs);
    expect(report.recordsSkipped).toBe(2);
    expect(report.instances.map(({ id }) => id)).toEqual(['good']);
  });
});
