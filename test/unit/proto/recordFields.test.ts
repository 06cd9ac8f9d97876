import { encodeLoads, LoadList } from '../../../src/ledger/loadRecord.ts';
import { decodeDynamicConfig } from '../../../src/proto/records/dynamicConfigRecord.ts';
import { decodeHandoff } from '../../../src/proto/records/handoff.ts';
import { decodeInstance } from '../../../src/proto/records/instanceRecord.ts';
import { decodePinnedGeneration } from '../../../src/proto/records/pinnedGeneration.ts';
import { decodePodSignals } from '../../../src/proto/records/podSignals.ts';
import { stateCodecs } from '../../../src/proto/stateCodecs.ts';

/** Fields that their type allows and that nothing may act on. */

/** A date of `new Date(…).toISOString()` ends at 8.64e15; int64 goes on to 9.2e18. */
const absurdDates = [8_640_000_000_000_001, '9223372036854775807', '-1', 253_402_300_800_000] as const;
/** Numbers beyond 2^53 would compare equal to others. */
const absurdNumbers = ['9007199254740993', '9223372036854775807', '-1'] as const;
const acting = ['a\u001b[2Jb', 'a\nb', 'a\u009bb', '\u202etxt'];
const address = '10.0.0.1:8000';

const instance = (message: Parameters<typeof stateCodecs.instance.encode>[0]) => () =>
  decodeInstance('a', stateCodecs.instance.encode({ id: 'a', ...message }));
const config = (message: Parameters<typeof stateCodecs.dynamicConfig.encode>[0]) => () =>
  decodeDynamicConfig(stateCodecs.dynamicConfig.encode(message));
const pin = (message: Parameters<typeof stateCodecs.pinnedGeneration.encode>[0]) => () =>
  decodePinnedGeneration(stateCodecs.pinnedGeneration.encode({ pinned_generation: 1, ...message }));
const handoff = (message: Parameters<typeof stateCodecs.handoff.encode>[0]) => () =>
  decodeHandoff(stateCodecs.handoff.encode(message));
const signals = (message: Parameters<typeof stateCodecs.podSignalReport.encode>[0]) => () =>
  decodePodSignals(stateCodecs.podSignalReport.encode(message));

describe('a record with an absurd field is refused, and the field is named', () => {
  it.each(absurdDates)('a date of %s', (date) => {
    expect(instance({ started_unix_ms: date })).toThrow(/^started_unix_ms is .* no date/);
    expect(config({ set_unix_ms: date })).toThrow(/^set_unix_ms is /);
    expect(pin({ set_unix_ms: date })).toThrow(/^set_unix_ms is /);
    expect(handoff({ handed_off_unix_ms: date })).toThrow(/^handed_off_unix_ms is /);
  });

  it.each(absurdNumbers)('a number of %s', (number) => {
    expect(instance({ generation: number })).toThrow(/^generation is .*, not a whole number from 0 to /);
    expect(pin({ pinned_generation: number })).toThrow(/^pinned_generation is /);
    const report = stateCodecs.loadReport.encode({ sequence: number });
    if (number !== '-1') expect(instance({ sequence: number })).toThrow(/^sequence is /);
    expect(() => new LoadList().read(report)).toThrow('not a readable LoadReport record');
  });

  it.each(acting)('text that acts on a terminal: %j', (text) => {
    expect(instance({ release: text })).toThrow('release has control characters');
    expect(instance({ zone: text })).toThrow('zone has control characters');
    expect(instance({ addresses: [text] })).toThrow('addresses has control characters');
    expect(config({ reason: text })).toThrow('reason has control characters');
    expect(config({ settings: { 'scheduling.policy': text } })).toThrow('settings has control characters');
    expect(config({ settings: { [text]: 'x' } })).toThrow('settings has control characters');
    expect(pin({ reason: text })).toThrow('reason has control characters');
    expect(handoff({ loads: [{ address: text, in_flight: 1 }] })).toThrow('address is not an address');
    expect(signals({ pods: [{ address: text }] })).toThrow('address is not an address');
    expect(signals({ pods: [{ address, reason: text }] })).toThrow('reason has control characters');
    const report = stateCodecs.loadReport.encode({ loads: [{ address: text, in_flight: 1 }] });
    expect(() => new LoadList().read(report)).toThrow('not a readable LoadReport record');
  });

  it('text without an end', () => {
    expect(instance({ release: 'x'.repeat(257) })).toThrow('release has 257 characters, more than 256');
    expect(instance({ addresses: Array(17).fill(address) })).toThrow('addresses has 17 elements');
    expect(config({ reason: 'x'.repeat(1025) })).toThrow('reason has 1025 characters');
    const settings = Object.fromEntries(Array.from({ length: 257 }, (_, nth) => [`s${nth}`, '']));
    expect(config({ settings })).toThrow('settings has 257 elements');
    expect(handoff({ loads: [{ address: 'x'.repeat(65) }] })).toThrow('address is not an address');
  });

  it('counts that no instance can have', () => {
    const loads = [{ address, in_flight: 4_294_967_295 }];
    expect(handoff({ loads })).toThrow(/^in_flight is 4294967295/);
    expect(handoff({ ttl_ms: 4_294_967_295 })).toThrow(/^ttl_ms is /);
    expect(signals({ pods: [{ address, failures: 4_294_967_295 }] })).toThrow(/^failures is /);
    expect(() => new LoadList().read(stateCodecs.loadReport.encode({ loads }))).toThrow(
      'not a readable LoadReport record',
    );
  });

  it('a count that is more than its type has, and wraps to a small one', () => {
    const bytes = encodeLoads(1, new Map([[address, 2 ** 32 + 5]]));
    expect(() => new LoadList().read(bytes)).toThrow('not a readable LoadReport record');
  });

  it('an instance under the key of another one, and a key that is no id', () => {
    const bytes = stateCodecs.instance.encode({ id: 'a' });
    expect(() => decodeInstance('b', bytes)).toThrow('another instance than its key');
    const nameless = stateCodecs.instance.encode({});
    for (const id of ['a/b', 'a\u001b', '', 'x'.repeat(254)])
      expect(() => decodeInstance(id, nameless)).toThrow('the id is not 1 to 253 letters');
  });
});

describe('a record whose fields are at their limits', () => {
  it('is read', () => {
    const most = { generation: 2 ** 53 - 1, started_unix_ms: 253_402_300_799_999, sequence: 2 ** 53 - 1 };
    expect(instance({ ...most, release: 'x'.repeat(256), zone: 'Zürich' })()).toMatchObject({
      generation: 2 ** 53 - 1,
      startedUnixMs: 253_402_300_799_999,
    });
    const loads = [{ address: '[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535', in_flight: 10_000_000 }];
    expect([...handoff({ loads, ttl_ms: 2 ** 31 - 1 })().counts.values()]).toEqual([10_000_000]);
    expect(new LoadList().read(stateCodecs.loadReport.encode({ loads })).length).toBe(1);
  });

  it('is read where no date is given', () => {
    expect(config({})().setUnixMs).toBe(0);
  });
});
