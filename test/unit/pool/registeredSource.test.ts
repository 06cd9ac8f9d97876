import { AddressRanges } from '../../../src/config/addressRanges.ts';
import type { RecordListener } from '../../../src/etcd/records.ts';
import { RegisteredSource } from '../../../src/pool/registeredSource.ts';
import { stateCodecs } from '../../../src/proto/stateCodecs.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { eventually } from '../../support/eventually.ts';
import { giveSnapshot } from '../../support/snapshots.ts';

const codec = stateCodecs.registeredEndpoint;
const plain = codec.encode({});
const garbage = Buffer.from('not a record');

let skipped: string[];
let source: RegisteredSource;
let listener: RecordListener;
let updates: (readonly Endpoint[])[];

beforeEach(async () => {
  skipped = [];
  updates = [];
  source = new RegisteredSource({
    codec,
    allows: new AddressRanges(['10.0.0.0/8', '[2001:db8::/32]']),
    onSkipped: (kind, key, cause) => skipped.push(`${kind} ${key}: ${(cause as Error).message}`),
  });
  expect(source.subscription.prefix).toBe('endpoints/');
  listener = source.subscription.listener;
  await source.start((endpoints) => updates.push(endpoints));
});
afterEach(() => source.stop());

function snapshot(records: ReadonlyMap<string, Uint8Array>): void {
  giveSnapshot(listener, records);
}

const addresses = () => updates.at(-1)?.map(({ address }) => address);

describe('before the first snapshot', () => {
  it('has started nevertheless, and passes on nothing', () => {
    expect(updates).toEqual([]);
  });
});

describe('when pods come and go', () => {
  it('reads their records', async () => {
    const value = codec.encode({ weight: 2, labels: { gpu: 'h100' }, models: ['m'], slots: 8 });
    snapshot(new Map([['10.0.0.1:80', value]]));
    listener.onPut('[2001:db8::1]:80', codec.encode({ address: '[2001:db8::1]:80' }));
    await eventually(() => updates.length > 0);
    expect(updates).toEqual([
      [
        { address: '10.0.0.1:80', weight: 2, labels: { gpu: 'h100' }, models: ['m'], slots: 8 },
        { address: '[2001:db8::1]:80', weight: 1, labels: {}, models: [] },
      ],
    ]);
  });

  it('passes on many records of one turn at once', async () => {
    for (let index = 1; index <= 100; index++) listener.onPut(`10.0.0.${index}:80`, plain);
    await eventually(() => updates.length > 0);
    await new Promise(setImmediate);
    expect(updates.map((list) => list.length)).toEqual([100]);
  });

  it('removes a deleted record, and every record that is not in a new snapshot', async () => {
    snapshot(
      new Map([
        ['10.0.0.1:80', plain],
        ['10.0.0.2:80', plain],
      ]),
    );
    listener.onDelete('10.0.0.1:80');
    await eventually(() => updates.length === 1);
    expect(addresses()).toEqual(['10.0.0.2:80']);
    snapshot(new Map([['10.0.0.3:80', plain]]));
    await eventually(() => updates.length === 2);
    expect(addresses()).toEqual(['10.0.0.3:80']);
  });
});

describe('when a record cannot be read', () => {
  it.each([
    ['it is no such message', '10.0.0.2:80', garbage, 'not a readable RegisteredEndpoint'],
    ['its key is no address', 'pod', plain, 'it is not host:port'],
    ['its key is a host name', 'pod:80', plain, 'registers as ip:port'],
    [
      'its key is another spelling of an address',
      '[2001:DB8::0:1]:80',
      plain,
      'its key names [2001:db8::1]:80 as "[2001:DB8::0:1]:80": register it under [2001:db8::1]:80',
    ],
    ['its key is an IPv4 address in IPv6', '[::ffff:10.0.0.2]:80', plain, 'register it under 10.0.0.2:80'],
    [
      'it is of another address than its key',
      '10.0.0.2:80',
      codec.encode({ address: '10.0.0.1:80' }),
      'its record is of another address, 10.0.0.1:80',
    ],
    [
      'its address is outside of pool.allow',
      '192.168.0.1:22',
      plain,
      '192.168.0.1:22 is in none of the ranges of pool.allow: 10.0.0.0/8, [2001:db8::/32]',
    ],
    [
      'its weight is negative',
      '10.0.0.2:80',
      codec.encode({ weight: -1 }),
      '.weight: expected a number from 0.01 to 100, not -1',
    ],
    [
      'its weight is no number',
      '10.0.0.2:80',
      codec.encode({ weight: Number.NaN }),
      '.weight: expected a number from 0.01 to 100, not NaN',
    ],
  ])('is skipped and reported: %s', async (_situation, key, value, reason) => {
    snapshot(
      new Map([
        ['10.0.0.1:80', plain],
        [key, value],
      ]),
    );
    await eventually(() => updates.length > 0);
    expect(addresses()).toEqual(['10.0.0.1:80']);
    expect(skipped).toEqual([expect.stringContaining(reason)]);
    expect(skipped[0]).toMatch(`endpoints ${key}: `);
  });

  it.each(['put', 'snapshot'])("keeps the endpoint's last readable record: %s", async (how) => {
    listener.onPut('10.0.0.1:80', codec.encode({ slots: 4 }));
    if (how === 'put') listener.onPut('10.0.0.1:80', garbage);
    else snapshot(new Map([['10.0.0.1:80', garbage]]));
    await eventually(() => updates.length > 0);
    expect(updates.at(-1)).toMatchObject([{ address: '10.0.0.1:80', slots: 4 }]);
  });
});

describe('when it is stopped', () => {
  it('passes on nothing any more', async () => {
    listener.onPut('10.0.0.1:80', plain);
    await source.stop();
    await source.stop();
    listener.onPut('10.0.0.2:80', plain);
    await new Promise(setImmediate);
    expect(updates).toEqual([]);
  });
});
