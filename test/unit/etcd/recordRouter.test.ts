import { RecordRouter } from '../../../src/etcd/recordRouter.ts';
import { noSessionListeners, type SessionListeners } from '../../../src/etcd/sessionListeners.ts';

const value = Buffer.from('value');
let events: string[];
let router: RecordRouter;

function subscription(prefix: string): SessionListeners['records'][number] {
  return {
    prefix,
    listener: {
      onSnapshot: (records) => {
        events.push(`${prefix} snapshot ${[...records.keys()].join()}`);
      },
      onPut: (key) => events.push(`${prefix} put ${key}`),
      onDelete: (key) => events.push(`${prefix} delete ${key}`),
    },
  };
}

beforeEach(() => {
  events = [];
  router = new RecordRouter({
    ...noSessionListeners,
    records: [subscription('load/'), subscription('config'), subscription('load/')],
    onSynced: () => events.push('synced'),
    onWatch: (state) => events.push(`watch ${state}`),
  });
});

it('gives a snapshot to all subscriptions, and then fires onSynced once', async () => {
  await router.onSnapshot(
    new Map([
      ['load/a', value],
      ['config', value],
      ['elsewhere', value],
    ]),
  );
  expect(events).toEqual(['load/ snapshot a', 'config snapshot ', 'load/ snapshot a', 'synced']);
});

it('gives a change to the subscriptions whose prefix its key begins with', () => {
  router.onPut('load/a', value);
  router.onDelete('config');
  router.onPut('elsewhere', value);
  expect(events).toEqual(['load/ put a', 'load/ put a', 'config delete ']);
});

it('reports a broken watch and its resumption', () => {
  router.onBroken();
  router.onResumed();
  expect(events).toEqual(['watch broken', 'watch resumed']);
});

it('lets the event loop run between the steps of a long snapshot', async () => {
  const steps = function* (): Iterable<unknown> {
    for (let step = 0; step < 20; step += 1) {
      const endMs = performance.now() + 2;
      while (performance.now() < endMs);
      yield;
    }
    events.push('replaced');
  };
  const listener = { onSnapshot: steps, onPut() {}, onDelete() {} };
  const onSynced = () => events.push('synced');
  const long = new RecordRouter({ ...noSessionListeners, records: [{ prefix: '', listener }], onSynced });
  let turns = 0;
  const count = (): void => {
    turns += 1;
    if (!events.includes('synced')) setImmediate(count);
  };
  setImmediate(count);
  await long.onSnapshot(new Map());
  expect(events).toEqual(['replaced', 'synced']);
  expect(turns).toBeGreaterThan(3);
});
