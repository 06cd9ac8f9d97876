import { SingleRecord } from '../../../src/etcd/singleRecord.ts';
import { giveSnapshot } from '../../support/snapshots.ts';

/** A record of one number; 0 cannot be read. */
function harness() {
  const events: (number | undefined | string)[] = [];
  const record = new SingleRecord({
    decode: ([number = 0]) => {
      if (number === 0) throw new Error('zero');
      return number;
    },
    onChange: (now) => events.push(now),
    onUnreadable: (cause) => events.push(String(cause)),
  });
  const snapshot = (...numbers: number[]): void =>
    giveSnapshot(record, new Map(numbers.map((number) => ['', Uint8Array.of(number)])));
  const put = (number: number): void => record.onPut('', Uint8Array.of(number));
  return { record, events, snapshot, put };
}

describe('a record that is followed', () => {
  it('is reported when it changes and when it is deleted', () => {
    const { record, events, snapshot, put } = harness();
    snapshot();
    put(1);
    put(2);
    expect(record.record).toBe(2);
    record.onDelete();
    expect(record.record).toBeUndefined();
    expect(events).toEqual([1, 2, undefined]);
  });

  it('is not reported when a join delivers it unchanged', () => {
    const { events, snapshot } = harness();
    snapshot(1);
    snapshot(1);
    expect(events).toEqual([1]);
  });

  it('is deleted when it is missing at the next join', () => {
    const { record, events, snapshot } = harness();
    snapshot(1);
    snapshot();
    snapshot();
    expect(record.record).toBeUndefined();
    expect(events).toEqual([1, undefined]);
  });

  it('stays in force while its next version is unreadable, which is reported once', () => {
    const { record, events, snapshot, put } = harness();
    put(1);
    put(0);
    snapshot(0);
    expect(record.record).toBe(1);
    put(2);
    expect(events).toEqual([1, 'Error: zero', 2]);
  });
});
