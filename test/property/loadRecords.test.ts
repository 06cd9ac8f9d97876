import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { RecordChange } from '../../src/etcd/records.ts';
import { LoadRecords } from '../../src/ledger/loadRecords.ts';
import { LoadReports } from '../../src/ledger/loadReports.ts';
import { LocalCounts } from '../../src/ledger/localCounts.ts';
import { PeerCounts } from '../../src/ledger/peerCounts.ts';
import { stateCodecs } from '../../src/proto/stateCodecs.ts';
import type { Reservation } from '../../src/scheduling/reservation.ts';

/**
 * What one instance has in flight on its way through the store: few endpoints and many, changes and
 * failures.
 */
const manyAddresses = 2_000;
const address = (index: number): string => `10.0.${index >> 8}.${index & 255}:8000`;

class Writer {
  readonly local: LocalCounts = new LocalCounts((changed) => this.records.changed(changed));
  readonly records = new LoadRecords({ localId: 'a', counts: this.local.counts });
  readonly #reservations: Reservation[] = [];
  picks = 0;

  take(first: number, count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#reservations.push(this.local.reserve(address((first + i * 7) % manyAddresses)));
    }
    this.picks += count;
  }

  give(count: number): void {
    for (const one of this.#reservations.splice(0, count)) one.release();
  }
}

/** Applies changes as etcd does, and delivers them to one reader. */
class Store {
  readonly records = new Map<string, Uint8Array>();
  readonly #follower: LoadReports;

  constructor(follower: LoadReports) {
    this.#follower = follower;
  }

  change(changes: readonly RecordChange[]): void {
    const touched = new Set<string>();
    const touch = (key: string): void => {
      // etcd refuses a transaction that does.
      if (touched.has(key)) throw new Error(`${key} twice in one transaction`);
      touched.add(key);
    };
    expect(changes.length).toBeLessThanOrEqual(128);
    for (const change of changes) {
      if (change.kind === 'put') {
        touch(change.key);
        this.records.set(change.key, change.value);
        this.#follower.onPut(change.key.slice('load/'.length), change.value);
      } else if (change.kind === 'delete') {
        touch(change.key);
        this.#delete(change.key);
      } else {
        for (const key of [...this.records.keys()]) if (key.startsWith(change.prefix)) this.#delete(key);
      }
    }
  }

  /** As a release reads them that knows nothing of chunks. */
  sums(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const record of this.records.values()) {
      for (const { address: key, in_flight } of stateCodecs.loadReport.decode(record).loads) {
        // An address is in one record at a time, or it would be counted twice.
        if (key in sums) throw new Error(`${key} is in two records`);
        sums[key] = in_flight;
      }
    }
    return sums;
  }

  #delete(key: string): void {
    if (this.records.delete(key)) this.#follower.onDelete(key.slice('load/'.length));
  }
}

function system() {
  const peers = new PeerCounts({ staleDecayMs: 1_000, nowMs: () => 0 });
  const onUnreadable = (key: string, cause: unknown): never => {
    throw new Error(`${key} is unreadable`, { cause });
  };
  const store = new Store(new LoadReports({ localId: 'b', peers, onLocal() {}, onUnreadable }));
  return { writer: new Writer(), store, peers };
}

/** What Jest takes long for in large objects is only needed to print a difference. */
function expectSame(actual: Record<string, number>, expected: Record<string, number>): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** Publishes until nothing is left out; at each revision all readers see the same. */
function publish({ writer, store, peers }: ReturnType<typeof system>): void {
  let published = 0;
  do {
    const { changes, publishedPicks } = writer.records.next(writer.picks);
    store.change(changes);
    expect(publishedPicks).toBeGreaterThanOrEqual(published);
    published = publishedPicks;
    expectSame(Object.fromEntries(peers.sums), store.sums());
  } while (writer.records.hasMore);
  expect(published).toBe(writer.picks);
  expectSame(store.sums(), Object.fromEntries(writer.local.counts));
  const total = [...writer.local.counts.values()].reduce((sum, count) => sum + count, 0);
  expect([...peers.totals.values()]).toEqual(total > 0 ? [total] : []);
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('take' as const), first: fc.nat(manyAddresses - 1), count: fc.nat(600) }),
  fc.record({ kind: fc.constant('take' as const), first: fc.nat(manyAddresses - 1), count: fc.nat(5) }),
  fc.record({ kind: fc.constant('give' as const), count: fc.nat(800) }),
  fc.record({ kind: fc.constantFrom('publish', 'one publication', 'lost', 'came late') }),
);

describe('for any changes on any number of endpoints', () => {
  it('every reader has the counts of the writer once all are published', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const all = system();
        const { writer, store } = all;
        for (const one of steps) {
          if (one.kind === 'take') writer.take(one.first, one.count);
          else if (one.kind === 'give') writer.give(one.count);
          else if (one.kind === 'publish') publish(all);
          else if (one.kind === 'one publication') store.change(writer.records.next(writer.picks).changes);
          else {
            // A write that failed, as far as its writer knows.
            const { changes } = writer.records.next(writer.picks);
            if (one.kind === 'came late') store.change(changes);
            writer.records.reset();
          }
        }
        publish(all);
        writer.give(Number.POSITIVE_INFINITY);
        publish(all);
        expect([...store.records.keys()]).toEqual(['load/a']);
      }),
      { numRuns: 40 },
    );
  });
});

describe('with requests on many endpoints', () => {
  function busy(endpoints: number): ReturnType<typeof system> {
    const all = system();
    all.writer.take(0, endpoints);
    publish(all);
    return all;
  }

  it('writes only the changed chunks and the first record', () => {
    const { writer, store } = busy(2_000);
    writer.take(5, 1);
    const { changes } = writer.records.next(writer.picks);
    expect(changes).toHaveLength(2);
    store.change(changes);
    expect(writer.records.hasMore).toBe(false);
  });

  it('writes only one record while few are busy', () => {
    const { writer, store } = busy(256);
    expect([...store.records.keys()]).toEqual(['load/a']);
    writer.take(1_000, 1);
    expect(writer.records.next(writer.picks).changes.length).toBeGreaterThan(100);
  });

  it('gathers them in one record only when few are left', () => {
    const all = busy(257);
    expect(all.store.records.size).toBeGreaterThan(200);
    all.writer.give(192);
    publish(all);
    expect(all.store.records.size).toBeGreaterThan(50);
    all.writer.give(1);
    publish(all);
    expect([...all.store.records.keys()]).toEqual(['load/a']);
  });

  it('reports which picks are left out, and writes the oldest change first', () => {
    const all = busy(2_000);
    const { writer, store } = all;
    const before = writer.picks;
    writer.take(0, 1_500);
    const first = writer.records.next(writer.picks);
    expect([first.changes.length, first.publishedPicks]).toEqual([128, before]);
    store.change(first.changes);
    writer.take(0, 1_500);
    let publications = 1;
    let published = before;
    while (published === before) {
      const next = writer.records.next(writer.picks);
      store.change(next.changes);
      published = next.publishedPicks;
      publications += 1;
    }
    // 1024 chunks, 127 in each: those of the second round were not let in before those of the
    // first.
    expect(publications).toBeLessThanOrEqual(9);
    publish(all);
  });
});
