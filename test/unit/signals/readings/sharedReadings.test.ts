import type { RecordChange } from '../../../../src/etcd/records.ts';
import { decodeReading, encodeReading } from '../../../../src/proto/records/podReading.ts';
import { freshMs, PodReadings } from '../../../../src/signals/readings/podReadings.ts';
import { SharedReadings } from '../../../../src/signals/readings/sharedReadings.ts';
import { ManualClock } from '../../../support/manualClock.ts';
import { giveSnapshot } from '../../../support/snapshots.ts';

const pod = '10.0.0.1:8000';
const reading = { engine: 'vllm', running: 4, waiting: 1 };

let clock: ManualClock;
let readings: PodReadings;
let writes: (readonly RecordChange[])[];
let unreadable: string[];
let fails: boolean;
let shared: SharedReadings;
beforeEach(() => {
  clock = new ManualClock();
  readings = new PodReadings(() => clock.nowMs());
  writes = [];
  unreadable = [];
  fails = false;
  shared = new SharedReadings({
    localId: 'a',
    store: {
      change: async (changes) => {
        if (fails) throw new Error('not joined');
        writes.push(changes);
      },
    },
    readings,
    minIntervalMs: () => 50,
    isInPool: (address) => address.startsWith('10.'),
    clock,
    onUnreadable: (key) => unreadable.push(key),
  });
});

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    clock.advance(10);
    for (let turn = 0; turn < 10; turn += 1) await undefined;
  }
}

describe('the readings of an instance', () => {
  it('become records of their own, those of a moment in one write', async () => {
    shared.publish(pod, reading);
    shared.publish('10.0.0.2:8000', reading);
    await pass(10);
    expect(writes).toHaveLength(1);
    expect(writes[0]?.map(({ kind, ...rest }) => ({ kind, ...rest }))).toMatchObject([
      { kind: 'put', key: `signals/${pod}` },
      { kind: 'put', key: 'signals/10.0.0.2:8000' },
    ]);
  });

  it('are written later when etcd is away, with their age', async () => {
    fails = true;
    shared.publish(pod, reading);
    await pass(1_000);
    fails = false;
    await pass(400);
    const [change] = writes.flat();
    const stored = change?.kind === 'put' ? decodeReading(change.value) : undefined;
    expect(stored?.reading).toEqual(reading);
    expect(stored?.ageMs).toBeGreaterThanOrEqual(1_000);
  });

  it('are removed when their pods leave the pool', async () => {
    shared.publish(pod, reading);
    await pass(10);
    shared.keep(new Set(['10.0.0.2:8000']));
    shared.publish('10.0.0.2:8000', reading);
    await pass(100);
    expect(writes[1]?.[0]).toEqual({ kind: 'delete', key: `signals/${pod}` });
  });

  it('are split into transactions that etcd takes', async () => {
    for (let nth = 0; nth < 250; nth += 1) shared.publish(`10.0.1.${nth}:8000`, reading);
    await pass(300);
    expect(writes.map((changes) => changes.length)).toEqual([100, 100, 50]);
  });
});

describe('the readings of other instances', () => {
  const record = encodeReading({ reading, ageMs: 200, from: 'b' });

  it('are known with the age that they have', async () => {
    await pass(1_000);
    shared.onPut(pod, record);
    expect(readings.fresh(pod)).toMatchObject({ reading, atMs: 800, from: 'b' });
  });

  it('are ignored when they are older than three seconds, and never used in place of a newer one', async () => {
    shared.onPut(pod, record);
    await pass(freshMs - 200);
    expect(readings.fresh(pod)).toBeDefined();
    await pass(10);
    expect(readings.fresh(pod)).toBeUndefined();
    readings.add(pod, { reading: { ...reading, running: 9 }, ageMs: 0, from: 'a' });
    shared.onPut(pod, encodeReading({ reading, ageMs: 2_000, from: 'b' }));
    expect(readings.fresh(pod)?.reading.running).toBe(9);
  });

  it('are not used where another instance asked at nearly the same time', async () => {
    await pass(1_000);
    readings.add(pod, { reading: { ...reading, running: 9 }, ageMs: 0, from: 'a' });
    await pass(400);
    shared.onPut(pod, encodeReading({ reading, ageMs: 0, from: 'b' }));
    expect(readings.fresh(pod)?.reading.running).toBe(9);
    await pass(200);
    shared.onPut(pod, encodeReading({ reading, ageMs: 0, from: 'b' }));
    expect(readings.fresh(pod)?.reading.running).toBe(4);
  });

  it('of an unknown age are not used', () => {
    giveSnapshot(shared, new Map([[pod, record]]));
    expect(readings.last(pod)).toBeUndefined();
  });

  it('of other pods, and records that are none, are left out', () => {
    shared.onPut('192.0.2.1:8000', record);
    shared.onPut(pod, Buffer.from('nonsense'));
    expect({ size: readings.size, unreadable }).toEqual({ size: 0, unreadable: [pod] });
  });
});
