import type { RecordChange } from '../../../src/etcd/records.ts';
import { encodePodSignals } from '../../../src/proto/records/podSignals.ts';
import { PodSignals } from '../../../src/signals/podSignals.ts';
import { PeerSignals, SharedSignals } from '../../../src/signals/sharedSignals.ts';
import { ManualClock } from '../../support/manualClock.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const [bad, well] = ['10.0.0.1:80', '10.0.0.2:80'] as const;

/** Instances that share one store, which delivers each write to all of them at once. */
function fleet(ids: readonly string[]) {
  const clock = new ManualClock();
  const unreadable: string[] = [];
  const instances = ids.map((id) => {
    const peers = new PeerSignals();
    const signals = new PodSignals({
      settings: { sampleOneIn: 16, quarantineBaseMs: 1_000, quarantineMaxMs: 8_000 },
      clock,
      random: seededRandom(1),
      schedulers: () => ids.length,
      peerFailures: (address) => peers.failures(address),
      isDoubtful: () => false,
      onGood: () => {},
      onTransition: () => {},
      onFailure: () => {},
    });
    const shared = new SharedSignals({
      localId: id,
      store: { change: (changes) => deliver(id, changes) },
      signals,
      peers,
      isInPool: (address) => address === bad || address === well,
      random: seededRandom(2),
      clock,
      onUnreadable: (key) => unreadable.push(key),
    });
    return { id, signals, shared, peers };
  });
  async function deliver(id: string, changes: readonly RecordChange[]): Promise<void> {
    for (const change of changes) {
      if (change.kind === 'put') for (const { shared } of instances) shared.onPut(id, change.value);
    }
  }
  /** Lets writes that are due reach the others. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) {
      clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const answer = (signals: PodSignals, address: string, status: number): void => {
    const exchange = signals.begin(address, clock.nowMs());
    signals.onHeaders(exchange, status, address, false);
    if (exchange.watch === 'body') signals.onBody(exchange, Buffer.from('an answer'), true);
    signals.onEnd(exchange);
  };
  const warmUp = (): void => {
    for (const { signals } of instances) for (let n = 0; n < 5; n += 1) answer(signals, well, 200);
  };
  return { clock, instances, settle, answer, warmUp, unreadable };
}

const eight = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('when eight instances meet a failing pod', () => {
  it('needs three failures of all of them together', async () => {
    const { instances, settle, answer, warmUp } = fleet(eight);
    warmUp();
    for (const { signals } of instances.slice(0, 3)) {
      answer(signals, bad, 500);
      await settle();
    }
    for (const { signals } of instances) expect(signals.health(bad).kind).toBe('quarantined');
  });

  it('is tried by the instance that found it, and trusted by all when that goes well', async () => {
    const { clock, instances, settle, answer, warmUp } = fleet(eight);
    warmUp();
    const [finder, ...others] = instances;
    if (finder === undefined) return;
    for (let n = 0; n < 3; n += 1) answer(finder.signals, bad, 500);
    await settle();
    clock.advance(800);
    await settle();
    expect(finder.signals.health(bad).kind).toBe('trial');
    for (const { signals } of others) expect(signals.health(bad)).toMatchObject({ from: 'a' });
    answer(finder.signals, bad, 200);
    answer(finder.signals, bad, 200);
    await settle();
    for (const { signals } of instances) expect(signals.health(bad).kind).toBe('trusted');
  });

  it('is tried by the others when the instance that found it is gone', async () => {
    const { clock, instances, settle, answer, warmUp } = fleet(['a', 'b']);
    warmUp();
    const [a, b] = instances;
    if (a === undefined || b === undefined) return;
    for (let n = 0; n < 3; n += 1) answer(a.signals, bad, 500);
    await settle();
    await a.shared.stop();
    b.shared.onDelete('a');
    clock.advance(3_100);
    expect(b.signals.health(bad).kind).toBe('trial');
  });
});

describe('when a peer reports a pod', () => {
  const reported = (over = {}) =>
    encodePodSignals(
      new Map([
        [bad, { failures: 3, remainingMs: 1_000, level: 0, reason: 'cut', isOnTrial: false, ...over }],
      ]),
    );

  it('that answers this instance well, it is believed no more', () => {
    const { clock, instances, answer } = fleet(['a']);
    const [a] = instances;
    if (a === undefined) return;
    for (let n = 0; n < 12; n += 1) {
      const exchange = a.signals.begin(bad, clock.nowMs());
      a.signals.onHeaders(exchange, 200, bad, false);
    }
    answer(a.signals, well, 200);
    a.shared.onPut('b', reported());
    expect(a.signals.health(bad).kind).toBe('trusted');
  });

  it('for a reason of a newer release, it is a server error', () => {
    const { instances } = fleet(['a']);
    instances[0]?.shared.onPut('b', reported({ reason: 'too-hot' }));
    expect(instances[0]?.signals.health(bad)).toMatchObject({ kind: 'quarantined', reason: 'server-error' });
  });

  it('in a record that cannot be read, it is skipped', () => {
    const { instances, unreadable } = fleet(['a']);
    instances[0]?.shared.onPut('b', Buffer.from('not a record'));
    expect(unreadable).toEqual(['b']);
  });
});
