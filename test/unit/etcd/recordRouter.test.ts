import { RecordRouter } from '../../../src/etcd/recordRouter.ts';
import type { RecordRules, RecordSubscription } from '../../../src/etcd/records.ts';
import { anyRecords } from '../../support/snapshots.ts';

let events: string[];

function subscription(
  prefix: string,
  rules: Partial<RecordRules> = {},
  isOneKey = false,
): RecordSubscription {
  const say = (what: string, key: string) => events.push(`${what} ${prefix}|${key}`);
  return {
    prefix,
    isOneKey,
    rules: { ...anyRecords, ...rules },
    listener: {
      beginSnapshot: () => {
        const keys: string[] = [];
        const put = (key: string, value: Uint8Array) => {
          keys.push(key);
          return value.length;
        };
        return { put, finish: () => say('snapshot', keys.join()) };
      },
      onPut: (key) => say('put', key),
      onDelete: (key) => say('delete', key),
    },
  };
}

function routerOf(...records: readonly RecordSubscription[]): RecordRouter {
  return new RecordRouter({
    records,
    onSynced: () => events.push('synced'),
    onWatch: (state) => events.push(`watch ${state}`),
    onIgnored: ({ prefix, key = '', count, why }) => events.push(`ignored ${count} ${prefix}|${key}: ${why}`),
  });
}

const record = ({ bytes = 1, leaseId = '7' } = {}) => {
  return { revision: 1, leaseId, value: Buffer.alloc(bytes) };
};

/** @param unread records of the first range that were not read */
function snapshot(router: RecordRouter, keys: readonly string[], unread = 0): void {
  router.beginSnapshot();
  for (const key of keys) router.put(key, record());
  router.finishSnapshot(new Map(router.toRead.slice(0, 1).map((range) => [range, unread])));
}

beforeEach(() => {
  events = [];
});

describe('records and subscriptions', () => {
  it('a snapshot goes to all of them, and onSynced follows once', () => {
    const router = routerOf(subscription('load/'), subscription('config', {}, true), subscription('load/'));
    snapshot(router, ['load/a', 'config', 'elsewhere']);
    expect(events).toEqual(['snapshot load/|a', 'snapshot config|', 'snapshot load/|a', 'synced']);
  });

  it('a change goes to those that its key belongs to', () => {
    const router = routerOf(subscription('load/'), subscription('config', {}, true), subscription('load/'));
    expect(router.put('load/a', record())).toBe(true);
    expect(router.put('elsewhere', record())).toBe(false);
    expect(router.put('config-longer', record())).toBe(false);
    router.put('config', record());
    router.delete('config');
    router.delete('config-longer');
    expect(events).toEqual(['put load/|a', 'put load/|a', 'put config|', 'delete config|']);
  });

  it('each key is read once, however many subscriptions have it', () => {
    const router = routerOf(
      subscription('load/a'),
      subscription('load/'),
      subscription('config', {}, true),
      subscription('load/'),
      subscription('config', {}, true),
    );
    expect(router.toRead.map(({ prefix }) => prefix)).toEqual(['load/', 'config']);
  });

  it('a broken watch and its resumption are reported', () => {
    const router = routerOf();
    router.onBroken();
    router.onResumed();
    expect(events).toEqual(['watch broken', 'watch resumed']);
  });
});

describe('a record without a lease, where a lease is needed', () => {
  const leased = () => routerOf(subscription('instances/', { mustHaveLease: true }));

  it('is ignored, in a snapshot and as a change', () => {
    const router = leased();
    router.beginSnapshot();
    router.put('instances/a', record());
    router.put('instances/forged', record({ leaseId: '0' }));
    router.finishSnapshot(new Map());
    router.put('instances/late', record({ leaseId: '0' }));
    expect(events).toEqual([
      'ignored 1 instances/|forged: it has no lease',
      'snapshot instances/|a',
      'synced',
      'ignored 1 instances/|late: it has no lease',
    ]);
  });

  it('ends the one that it overwrites: no lease removes that any more', () => {
    const router = leased();
    router.put('instances/a', record());
    router.put('instances/a', record({ leaseId: '0' }));
    router.put('instances/a', record());
    expect(events).toEqual([
      'put instances/|a',
      'delete instances/|a',
      'ignored 1 instances/|a: it has no lease',
      'put instances/|a',
    ]);
  });
});

describe('a value that is too large', () => {
  it('is ignored; the last one of its key stays in force', () => {
    const router = routerOf(subscription('endpoints/', { valueBytes: 10 }));
    router.put('endpoints/a', record({ bytes: 10 }));
    router.put('endpoints/a', record({ bytes: 11 }));
    router.put('endpoints/b', record({ bytes: 11 }));
    expect(events).toEqual([
      'put endpoints/|a',
      'ignored 1 endpoints/|a: it has 11 bytes, more than 10',
      'ignored 1 endpoints/|b: it has 11 bytes, more than 10',
    ]);
    expect(router.complete).toEqual(router.toRead);
  });
});

describe('more records than a range may have', () => {
  const rules = { records: 10 };
  const keys = (count: number) => Array.from({ length: count }, (_, nth) => `endpoints/${nth}`);

  it('are not followed, and it is said how many', () => {
    const router = routerOf(subscription('endpoints/', rules), subscription('load/'));
    router.beginSnapshot();
    const followed = keys(12).filter((key) => router.put(key, record()));
    expect([followed.length, router.isFull(router.toRead[0] as never)]).toEqual([10, true]);
    router.finishSnapshot(new Map([[router.toRead[0] as never, 4_000_000]]));
    expect(events.filter((event) => event.startsWith('ignored')).map((event) => event.split(':')[0])).toEqual(
      ['ignored 1 endpoints/|10', 'ignored 1 endpoints/|11', 'ignored 4000000 endpoints/|'],
    );
    expect(router.complete.map(({ prefix }) => prefix)).toEqual(['load/']);
  });

  it('leave those that are known free to change and to go', () => {
    const router = routerOf(subscription('endpoints/', rules));
    snapshot(router, keys(10));
    events = [];
    expect(router.put('endpoints/3', record())).toBe(true);
    expect(router.put('endpoints/new', record())).toBe(false);
    router.delete('endpoints/new');
    router.delete('endpoints/3');
    expect(router.put('endpoints/new', record())).toBe(true);
    expect(events.map((event) => event.split(':')[0])).toEqual([
      'put endpoints/|3',
      'ignored 1 endpoints/|new',
      'delete endpoints/|3',
      'put endpoints/|new',
    ]);
  });

  it('are worth reading again when there is room', () => {
    const router = routerOf(subscription('endpoints/', rules));
    snapshot(router, keys(10), 1);
    router.delete('endpoints/0');
    expect(router.isWorthReading).toBe(false);
    router.delete('endpoints/1');
    expect(router.isWorthReading).toBe(true);
    snapshot(router, keys(9));
    expect([router.isWorthReading, router.complete]).toEqual([false, router.toRead]);
  });

  it('is also a matter of their bytes', () => {
    const router = routerOf(subscription('endpoints/', { keptBytes: 100 }));
    expect(router.put('endpoints/a', record({ bytes: 60 }))).toBe(true);
    expect(router.put('endpoints/b', record({ bytes: 60 }))).toBe(true);
    expect(router.put('endpoints/c', record({ bytes: 1 }))).toBe(false);
    router.put('endpoints/a', record({ bytes: 10 }));
    expect(router.put('endpoints/c', record({ bytes: 1 }))).toBe(true);
  });
});
