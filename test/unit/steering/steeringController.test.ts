import type { EtcdSessionState } from '../../../src/etcd/sessionListeners.ts';
import type { EtcdLedger } from '../../../src/ledger/etcdLedger.ts';
import type { Phase } from '../../../src/phase.ts';
import type { InstanceRecord } from '../../../src/proto/records/instanceRecord.ts';
import { AnnouncedPhase } from '../../../src/steering/announcedPhase.ts';
import { SteeringController } from '../../../src/steering/steeringController.ts';
import { FakeClock } from '../../support/fakeClock.ts';

const settleMs = 2_000;

/** An instance of generation 1 that is ready, and what its watch delivers. */
function setUp({ isAsked = true } = {}) {
  const clock = new FakeClock();
  const instances = new Map<string, InstanceRecord>();
  const record = { release: '1', generation: 1, addresses: [], zone: '', startedUnixMs: 0, sequence: 1 };
  instances.set('self', { id: 'self', phase: 'ready', withoutEndpoints: false, ...record });
  const proxy = { isAsked };
  const published: number[] = [];
  let changed = (): void => {};
  let reported = (_id: string): void => {};
  let sequence = 0;
  const lifecycle = {
    phase: 'ready' as Phase,
    moveTo(phase: Phase) {
      lifecycle.phase = phase;
    },
  };
  const state: { current: EtcdSessionState } = { current: { kind: 'joined' } };
  const ledger = {
    instances,
    announce: () => ++sequence,
    acknowledgedAnnouncement: () => sequence,
    onInstanceChange: (listener: () => void) => {
      changed = listener;
      return () => {};
    },
    loadReports: {
      reporters: () => [],
      onPeerReport: (listener: (id: string) => void) => {
        reported = listener;
      },
    },
    publishAgain: () => published.push(clock.nowMs()),
  } as unknown as EtcdLedger;
  const controller = new SteeringController({
    mode: 'automatic',
    id: 'self',
    generation: 1,
    minReady: 1,
    settleMs,
    storeWaitMs: 5_000,
    lifecycle,
    announcedPhase: new AnnouncedPhase(lifecycle),
    store: {
      get state() {
        return state.current;
      },
    },
    ledger,
    isWithoutEndpoints: () => false,
    proxyQuietMs: () => (proxy.isAsked ? 0 : Number.POSITIVE_INFINITY),
    clock,
    onEvent() {},
    onUnreadable() {},
  });
  controller.onState({ kind: 'joined' });
  controller.onSynced();
  const put = (id: string, phase: Phase): void => {
    instances.set(id, { id, phase, withoutEndpoints: false, ...record, release: '2', generation: 2 });
    changed();
  };
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 1_000) clock.advance(1_000);
  };
  return {
    controller,
    instances,
    lifecycle,
    proxy,
    published,
    put,
    pass,
    report: (id: string) => reported(id),
  };
}

describe('an instance whose peer of a newer generation says that it is ready', () => {
  it('goes on serving while no load report of it comes', () => {
    const { controller, lifecycle, put, pass } = setUp();
    put('forged', 'ready');
    pass(600_000);
    expect([lifecycle.phase, controller.report().unproven]).toEqual(['ready', ['forged']]);
  });

  it('does not take for serving what the peer wrote before it was ready', () => {
    const { lifecycle, put, pass, report } = setUp();
    put('unreached', 'starting');
    report('unreached');
    put('unreached', 'ready');
    pass(600_000);
    expect(lifecycle.phase).toBe('ready');
  });

  it('stands by for it while its load reports keep coming', () => {
    const { controller, lifecycle, put, pass, report } = setUp();
    put('newer', 'ready');
    for (let nth = 0; nth < 30; nth += 1) {
      report('newer');
      pass(10_000);
      expect([lifecycle.phase, controller.report().unproven]).toEqual(['standby', []]);
    }
  });

  it('serves again by itself when they end, and goes on serving', () => {
    const { lifecycle, put, pass, report } = setUp();
    put('forged', 'ready');
    report('forged');
    pass(2 * settleMs);
    expect(lifecycle.phase).toBe('standby');
    pass(30_000);
    expect(lifecycle.phase).toBe('ready');
    pass(600_000);
    expect(lifecycle.phase).toBe('ready');
  });

  it('stays in standby while no proxy asks it either', () => {
    const { lifecycle, put, pass, report, proxy } = setUp({ isAsked: false });
    put('newer', 'ready');
    report('newer');
    pass(3_600_000);
    expect(lifecycle.phase).toBe('standby');
    proxy.isAsked = true;
    pass(20_000);
    report('newer');
    pass(20_000);
    expect(lifecycle.phase).toBe('standby');
    pass(20_000);
    expect(lifecycle.phase).toBe('ready');
  });
});

describe('an instance that serves', () => {
  it('shows that by its load report, while a proxy asks it', () => {
    const { published, pass, proxy } = setUp();
    pass(60_000);
    expect(published.length).toBeGreaterThanOrEqual(6);
    proxy.isAsked = false;
    pass(2_000);
    published.length = 0;
    pass(600_000);
    expect(published).toEqual([]);
  });

  it('shows that at once when a proxy asks it for the first time', () => {
    const { controller, published, proxy } = setUp({ isAsked: false });
    expect(published).toEqual([]);
    proxy.isAsked = true;
    controller.onProxyContact();
    expect(published.length).toBe(1);
  });

  it('shows that only after its record says that it is ready', () => {
    const { published, instances, put, pass } = setUp();
    const own = instances.get('self');
    if (own === undefined) throw new Error('no record of its own');
    instances.set('self', { ...own, phase: 'standby' });
    pass(1_000);
    published.length = 0;
    pass(60_000);
    expect(published).toEqual([]);
    instances.set('self', own);
    put('other', 'standby');
    expect(published.length).toBe(1);
  });

  it('shows nothing in standby', () => {
    const { published, put, pass, report, lifecycle } = setUp();
    put('newer', 'ready');
    report('newer');
    pass(2 * settleMs);
    expect(lifecycle.phase).toBe('standby');
    published.length = 0;
    pass(20_000);
    expect(published).toEqual([]);
  });

  it('has no timer left when it is stopped', () => {
    const { controller, published, pass } = setUp();
    controller.stop();
    published.length = 0;
    pass(60_000);
    expect(published).toEqual([]);
  });
});
