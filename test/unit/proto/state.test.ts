import protobuf from 'protobufjs';
import { stateCodecs, stateProtocolVersion } from '../../../src/proto/stateCodecs.ts';

/**
 * What a release with more fields, or with a phase of its own, would write. Numbers beyond ours are
 * new.
 */
const newerRelease = protobuf.parse(
  `syntax = "proto3";
   package newer;
   message Note { string text = 1; repeated uint32 marks = 2; }
   message Instance {
     uint32 protocol_version = 1; string id = 2; int64 generation = 4; uint32 phase = 5;
     string region = 100; Note note = 101; fixed64 cookie = 102; repeated float curve = 103;
   }
   message EndpointLoad { string address = 1; uint32 in_flight = 2; uint64 assigned_tokens = 5; uint32 queued = 90; }
   message LoadReport {
     uint32 protocol_version = 1; uint64 sequence = 2; repeated EndpointLoad loads = 3; bytes digest = 90;
   }`,
  { keepCase: true },
).root;

function writtenByNewerRelease(name: string, message: object): Uint8Array {
  const type = newerRelease.lookupType(`newer.${name}`);
  return type.encode(type.fromObject(message)).finish();
}

const loads = [
  { address: '10.0.0.1:8000', in_flight: 10, assigned_tokens: 2 ** 40 },
  { address: '[2001:db8::1]:8000', in_flight: 4_294_967_295, assigned_tokens: 0 },
];

describe('a record that is written and read', () => {
  it('comes back whole: an instance', () => {
    const message = {
      protocol_version: 1,
      id: 'host-1-4711-ab12',
      release: '0.1.0',
      generation: 7,
      phase: 'PHASE_DRAINING',
      addresses: ['127.0.0.1:9002', '[::1]:9002'],
      zone: 'zone-a',
      started_unix_ms: 1_795_000_000_123,
      without_endpoints: true,
      sequence: 12,
      hashing_schemes: [1, 2],
      reads_metrics: true,
    } as const;
    expect(
      stateCodecs.instance.decode(
        stateCodecs.instance.encode({
          ...message,
          addresses: [...message.addresses],
          hashing_schemes: [...message.hashing_schemes],
        }),
      ),
    ).toEqual(message);
  });

  it('comes back whole: a load report', () => {
    const message = { protocol_version: 1, sequence: 9_007_199_254_740_991, loads, has_tokens: true };
    expect(stateCodecs.loadReport.decode(stateCodecs.loadReport.encode(message))).toEqual(message);
  });

  it('comes back whole: a report of pod signals', () => {
    const pod = { address: '10.0.0.1:8000', failures: 3, remaining_ms: 900, level: 1, reason: 'cut' };
    const message = {
      protocol_version: 1,
      pods: [{ ...pod, on_trial: false, suspected: true, early_ends: 2 }],
    };
    expect(stateCodecs.podSignalReport.decode(stateCodecs.podSignalReport.encode(message))).toEqual(message);
  });

  it('comes back whole: a handoff', () => {
    const message = { protocol_version: 1, loads, handed_off_unix_ms: 1_795_000_000_123, ttl_ms: 60_000 };
    expect(stateCodecs.handoff.decode(stateCodecs.handoff.encode(message))).toEqual(message);
  });

  it('comes back whole: a registered endpoint', () => {
    const message = {
      protocol_version: 1,
      address: '10.0.0.1:8000',
      weight: 1.5,
      labels: { gpu: 'h100', rack: '' },
      models: ['llama-3', 'qwen'],
      slots: 8,
    };
    expect(stateCodecs.registeredEndpoint.decode(stateCodecs.registeredEndpoint.encode(message))).toEqual(
      message,
    );
  });

  it('comes back whole: a pinned generation', () => {
    const message = { protocol_version: 1, pinned_generation: 3, reason: 'rollback', set_unix_ms: 5 };
    expect(stateCodecs.pinnedGeneration.decode(stateCodecs.pinnedGeneration.encode(message))).toEqual(
      message,
    );
  });

  it('comes back whole: a dynamic configuration', () => {
    const settings = { 'scheduling.policy': 'random', 'sync.minIntervalMs': '50' };
    const message = { protocol_version: 1, settings, reason: 'pods melt', set_unix_ms: 5 };
    expect(stateCodecs.dynamicConfig.decode(stateCodecs.dynamicConfig.encode(message))).toEqual(message);
  });

  it('is a Buffer, and is read from any Uint8Array', () => {
    const bytes = stateCodecs.loadReport.encode({ sequence: 1, loads });
    expect(Buffer.isBuffer(bytes)).toBe(true);
    expect(stateCodecs.loadReport.decode(new Uint8Array(bytes)).loads).toEqual(loads);
  });
});

describe('a number that only grows', () => {
  it.each([2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])(
    'comes back whole: %d',
    (number) => {
      const instance = { generation: number, started_unix_ms: number, sequence: number };
      expect(stateCodecs.instance.decode(stateCodecs.instance.encode(instance))).toMatchObject(instance);
      const report = { sequence: number };
      expect(stateCodecs.loadReport.decode(stateCodecs.loadReport.encode(report))).toMatchObject(report);
      const pin = { pinned_generation: number, set_unix_ms: number };
      expect(stateCodecs.pinnedGeneration.decode(stateCodecs.pinnedGeneration.encode(pin))).toMatchObject(
        pin,
      );
    },
  );
});

describe('a field that is absent', () => {
  it('reads as an empty value', () => {
    expect(stateCodecs.instance.decode(stateCodecs.instance.encode({}))).toEqual({
      protocol_version: stateProtocolVersion,
      id: '',
      release: '',
      generation: 0,
      phase: 'PHASE_UNSPECIFIED',
      addresses: [],
      zone: '',
      started_unix_ms: 0,
      without_endpoints: false,
      sequence: 0,
      hashing_schemes: [],
      reads_metrics: false,
    });
    expect(stateCodecs.registeredEndpoint.decode(stateCodecs.registeredEndpoint.encode({}))).toEqual({
      protocol_version: stateProtocolVersion,
      address: '',
      weight: 0,
      labels: {},
      models: [],
      slots: 0,
    });
    expect(stateCodecs.loadReport.decode(stateCodecs.loadReport.encode({ loads: [{}] }))).toEqual({
      protocol_version: stateProtocolVersion,
      sequence: 0,
      loads: [{ address: '', in_flight: 0, assigned_tokens: 0 }],
      has_tokens: false,
    });
  });

  it('differs from zero where that matters: no pin is not a pin to generation 0', () => {
    expect(
      stateCodecs.pinnedGeneration.decode(stateCodecs.pinnedGeneration.encode({})).pinned_generation,
    ).toBeUndefined();
    const pinned = stateCodecs.pinnedGeneration.encode({ pinned_generation: 0 });
    expect(stateCodecs.pinnedGeneration.decode(pinned).pinned_generation).toBe(0);
  });
});

describe('a record of a newer release', () => {
  it('is read, and its unknown fields are ignored', () => {
    const bytes = writtenByNewerRelease('Instance', {
      protocol_version: 9,
      id: 'new-1',
      generation: 8,
      phase: 2,
      region: 'north',
      note: { text: 'hello', marks: [1, 2, 3] },
      cookie: 77,
      curve: [0.5, 0.25],
    });
    expect(stateCodecs.instance.decode(bytes)).toEqual({
      ...stateCodecs.instance.decode(stateCodecs.instance.encode({})),
      protocol_version: 9,
      id: 'new-1',
      generation: 8,
      phase: 'PHASE_READY',
    });
  });

  it('is read when the unknown fields are inside repeated messages', () => {
    const bytes = writtenByNewerRelease('LoadReport', {
      protocol_version: 2,
      sequence: 5,
      loads: loads.map((load) => ({ ...load, queued: 3 })),
      digest: Buffer.from('digest'),
    });
    expect(stateCodecs.loadReport.decode(bytes)).toEqual({
      protocol_version: 2,
      sequence: 5,
      loads,
      has_tokens: false,
    });
  });

  it('has the phase unspecified when this release does not know it', () => {
    const bytes = writtenByNewerRelease('Instance', { protocol_version: 2, id: 'new-1', phase: 42 });
    expect(stateCodecs.instance.decode(bytes).phase).toBe('PHASE_UNSPECIFIED');
  });
});

describe('bytes that are no record', () => {
  const whole = stateCodecs.instance.encode({ id: 'host-1', addresses: ['127.0.0.1:9002'] });

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['JSON text', Buffer.from('{"id":"host-1","generation":7}')],
    ['plain text', Buffer.from('hello world')],
    ['a record cut short', whole.subarray(0, whole.length - 3)],
    ['a length beyond the end', Buffer.from([0x08, 0x01, 0x12, 0x7f, 0x61])],
    ['a number without an end', Buffer.alloc(12, 0xff)],
    ['unknown fields', Buffer.from([0xf8, 0x7f, 0x01])],
  ])('are refused with the kind of record and the size: %s', (_what, bytes) => {
    const problem = `not a readable Instance record (${bytes.length} bytes)`;
    expect(() => stateCodecs.instance.decode(bytes)).toThrow(problem);
  });

  it.each(Object.entries(stateCodecs))('are refused by every codec: %s', (_name, codec) => {
    expect(() => codec.decode(Buffer.from([0x08]))).toThrow(/^not a readable \w+ record \(1 bytes\)$/);
    expect(() => codec.decode(Buffer.alloc(0))).toThrow(/it has no protocol version$/);
  });

  it('leave the parser’s error as the cause', () => {
    let thrown: unknown;
    try {
      stateCodecs.instance.decode(whole.subarray(0, whole.length - 3));
    } catch (error) {
      thrown = error;
    }
    expect((thrown as Error).cause).toBeInstanceOf(RangeError);
  });
});

describe('the bytes of a record', () => {
  /**
   * Both releases read the store during an upgrade: a record must stay what earlier releases wrote.
   */
  it.each([
    [
      'an instance',
      stateCodecs.instance.encode({
        id: 'a',
        release: 'b',
        generation: 3,
        phase: 'PHASE_READY',
        addresses: ['c'],
        zone: 'd',
        started_unix_ms: 8,
      }),
      '08011201611a0162200328023201633a01644008',
    ],
    [
      'a load report',
      stateCodecs.loadReport.encode({ sequence: 2, loads: [{ address: 'a', in_flight: 3 }] }),
      '080110021a050a01611003',
    ],
    [
      'a handoff',
      stateCodecs.handoff.encode({
        loads: [{ address: 'a', in_flight: 3 }],
        handed_off_unix_ms: 5,
        ttl_ms: 6,
      }),
      '080112050a0161100318052006',
    ],
    [
      'a registered endpoint',
      stateCodecs.registeredEndpoint.encode({
        address: 'a',
        weight: 2,
        labels: { b: 'c' },
        models: ['d'],
        slots: 6,
      }),
      '080112016119000000000000004022060a01621201632a01643006',
    ],
    [
      'a target',
      stateCodecs.pinnedGeneration.encode({ pinned_generation: 3, reason: 'a', set_unix_ms: 4 }),
      '080110031a01612004',
    ],
  ])('are those that earlier releases wrote: %s', (_kind, bytes, hex) => {
    expect(bytes.toString('hex')).toBe(hex);
  });
});
