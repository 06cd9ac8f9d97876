import type { Phase } from '../../../src/phase.ts';
import { AnnouncedPhase } from '../../../src/steering/announcedPhase.ts';
import { StandbyMachine } from '../../../src/steering/standbyMachine.ts';
import { FakeClock } from '../../support/fakeClock.ts';

const settleMs = 2_000;
const storeWaitMs = 5_000;

/**
 * One older instance. The test sets whether a newer one is ready, and what its own watch has shown.
 */
function setUp({ phase = 'ready' as Phase } = {}) {
  const clock = new FakeClock();
  const facts = { newerReady: false, isSeen: true, announced: 0, acknowledged: 0 };
  const lifecycle = {
    phase,
    reason: '',
    moveTo(to: Phase, reason: string) {
      Object.assign(lifecycle, { phase: to, reason });
    },
  };
  const announcedPhase = new AnnouncedPhase(lifecycle);
  const machine = new StandbyMachine({
    facts: () => ({
      self: { id: 'older', generation: 1, phase: lifecycle.phase, withoutEndpoints: false },
      instances: facts.newerReady
        ? [{ id: 'newer', generation: 2, phase: 'ready', withoutEndpoints: false }]
        : [],
      isSeenToServe: () => facts.isSeen,
      pinned: undefined,
      minReady: undefined,
    }),
    lifecycle,
    announcedPhase,
    onSettling: () => {},
    announce: () => ++facts.announced,
    acknowledged: () => facts.acknowledged,
    settleMs,
    storeWaitMs,
    clock,
  });
  const phases = (): readonly Phase[] => [lifecycle.phase, announcedPhase.current];
  return { clock, facts, lifecycle, machine, phases };
}

describe('when a newer instance takes over', () => {
  it('settles, announces, and stands by once its own record is acknowledged', () => {
    const { clock, facts, machine, phases } = setUp();
    facts.newerReady = true;
    machine.evaluate();
    clock.advance(settleMs - 1);
    expect(phases()).toEqual(['ready', 'ready']);
    clock.advance(1);
    expect([...phases(), facts.announced]).toEqual(['ready', 'standby', 1]);
    machine.evaluate();
    expect(phases()).toEqual(['ready', 'standby']);
    facts.acknowledged = 1;
    machine.evaluate();
    expect(phases()).toEqual(['standby', 'standby']);
  });

  it('settles again after a stall, in which the newer one may have gone', () => {
    const { clock, facts, machine } = setUp();
    facts.newerReady = true;
    machine.evaluate();
    clock.stall(settleMs);
    clock.advance(settleMs - 1);
    expect(facts.announced).toBe(0);
    clock.advance(1);
    expect(facts.announced).toBe(1);
  });

  it('stays ready when the newer one goes before it has settled', () => {
    const { clock, facts, machine, phases } = setUp();
    facts.newerReady = true;
    machine.evaluate();
    facts.newerReady = false;
    machine.evaluate();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(settleMs);
    expect([...phases(), facts.announced]).toEqual(['ready', 'ready', 0]);
  });

  it('announces ready again when the newer one goes after the announcement', () => {
    const { clock, facts, machine, phases } = setUp();
    facts.newerReady = true;
    machine.evaluate();
    clock.advance(settleMs);
    facts.newerReady = false;
    machine.evaluate();
    expect([...phases(), facts.announced]).toEqual(['ready', 'ready', 2]);
  });

  it('begins in standby when the newer one serves already', () => {
    const { facts, machine } = setUp({ phase: 'starting' });
    facts.newerReady = true;
    expect(machine.begin().kind).toBe('standby');
  });

  it('stays ready while that one only says so, and is seen to serve by none', () => {
    const { clock, facts, machine, phases } = setUp();
    Object.assign(facts, { newerReady: true, isSeen: false, acknowledged: 1 });
    machine.evaluate();
    clock.advance(60 * settleMs);
    machine.evaluate();
    expect([...phases(), facts.announced]).toEqual(['ready', 'ready', 0]);
    facts.isSeen = true;
    machine.evaluate();
    clock.advance(settleMs);
    machine.evaluate();
    expect(phases()).toEqual(['standby', 'standby']);
  });

  it('cancels its timer at the stop', () => {
    const { clock, facts, machine } = setUp();
    facts.newerReady = true;
    machine.evaluate();
    expect(clock.pendingTimers).toBe(1);
    machine.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an instance in standby', () => {
  const inStandby = () => {
    const parts = setUp({ phase: 'starting' });
    parts.facts.newerReady = true;
    parts.machine.begin();
    parts.lifecycle.phase = 'standby';
    return parts;
  };

  it('is ready at once when the newer one is gone', () => {
    const { facts, lifecycle, machine } = inStandby();
    facts.newerReady = false;
    machine.evaluate();
    expect(lifecycle.phase).toBe('ready');
  });

  it('is ready at once when the newer one is not seen to serve any more', () => {
    const { facts, lifecycle, machine } = inStandby();
    facts.isSeen = false;
    machine.evaluate();
    expect(lifecycle.phase).toBe('ready');
  });

  it('is ready at once when the store is lost', () => {
    const { lifecycle, machine } = inStandby();
    machine.onStoreLost();
    expect(lifecycle.phase).toBe('ready');
  });

  it('judges the store by no timer that a stall has delayed', () => {
    const { clock, lifecycle, machine } = setUp();
    machine.onResumedAfterPause('paused');
    clock.advance(storeWaitMs / 2);
    clock.stall(storeWaitMs);
    clock.advance(storeWaitMs - 1);
    expect(lifecycle.phase).toBe('standby');
    clock.advance(1);
    expect(lifecycle.phase).toBe('ready');
  });

  it('keeps its phase while it drains', () => {
    const { facts, lifecycle, machine } = inStandby();
    lifecycle.phase = 'draining';
    facts.newerReady = false;
    machine.evaluate();
    machine.onStoreLost();
    expect(lifecycle.phase).toBe('draining');
  });
});

describe('an instance that resumes after a pause', () => {
  it('stands by until the store is read again, whatever happens before', () => {
    const { clock, lifecycle, machine } = setUp();
    machine.onResumedAfterPause('paused');
    expect(lifecycle).toMatchObject({ phase: 'standby', reason: 'paused' });
    machine.onStoreLost();
    machine.evaluate();
    expect(lifecycle.phase).toBe('standby');
    machine.onStoreRead();
    expect([lifecycle.phase, clock.pendingTimers]).toEqual(['ready', 0]);
  });

  it('stays in standby when a newer one has taken over meanwhile', () => {
    const { clock, facts, lifecycle, machine } = setUp();
    machine.onResumedAfterPause('paused');
    facts.newerReady = true;
    machine.onStoreRead();
    expect([lifecycle.phase, clock.pendingTimers]).toEqual(['standby', 0]);
  });

  it('serves without the store when that stays away', () => {
    const { clock, lifecycle, machine } = setUp();
    machine.onResumedAfterPause('paused');
    clock.advance(storeWaitMs - 1);
    expect(lifecycle.phase).toBe('standby');
    clock.advance(1);
    expect(lifecycle.phase).toBe('ready');
  });

  it('keeps its phase while it drains', () => {
    const { lifecycle, machine } = setUp({ phase: 'draining' });
    machine.onResumedAfterPause('paused');
    expect(lifecycle.phase).toBe('draining');
  });
});
