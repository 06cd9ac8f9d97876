import type { Phase } from '../../../src/phase.ts';
import { StandbyMachine } from '../../../src/steering/standbyMachine.ts';

/** One old instance; whether a newer one is ready, and when its own record comes back, is the test's to say. */
function world({ phase = 'ready' as Phase } = {}) {
  const told = { phase, announced: 0, shown: 0, newerReady: false, why: '' };
  let timer: { readonly ms: number; readonly call: () => void } | undefined;
  const steersman = new StandbyMachine({
    facts: () => ({
      self: { id: 'old', generation: 1, phase: told.phase, withoutEndpoints: false },
      instances: told.newerReady
        ? [{ id: 'new', generation: 2, phase: 'ready', withoutEndpoints: false }]
        : [],
      pinned: undefined,
      minReady: undefined,
    }),
    phase: () => told.phase,
    moveTo: (to, why) => {
      Object.assign(told, { phase: to, why });
    },
    onSettling: () => {},
    announce: () => ++told.announced,
    acknowledged: () => told.shown,
    settleMs: 2_000,
    storeWaitMs: 5_000,
    after: (ms, call) => {
      timer = { ms, call };
      return () => {
        timer = undefined;
      };
    },
  });
  const settle = (): void => {
    const due = timer;
    timer = undefined;
    due?.call();
  };
  return { told, steersman, settle, waitsMs: () => timer?.ms };
}

describe('an old instance when a newer one takes over', () => {
  it('settles, announces, and stands by when its own record has come back', () => {
    const { told, steersman, settle, waitsMs } = world();
    told.newerReady = true;
    steersman.evaluate();
    expect([told.phase, steersman.announcedPhase(), waitsMs()]).toEqual(['ready', 'ready', 2_000]);
    settle();
    expect([told.phase, steersman.announcedPhase(), told.announced]).toEqual(['ready', 'standby', 1]);
    steersman.evaluate();
    expect(told.phase).toBe('ready');
    told.shown = 1;
    steersman.evaluate();
    expect(told.phase).toBe('standby');
  });

  it('stays when the newer one goes before it has settled', () => {
    const { told, steersman, settle, waitsMs } = world();
    told.newerReady = true;
    steersman.evaluate();
    told.newerReady = false;
    steersman.evaluate();
    expect(waitsMs()).toBeUndefined();
    settle();
    expect([told.phase, told.announced]).toEqual(['ready', 0]);
  });

  it('takes its announcement back when the newer one goes after it', () => {
    const { told, steersman, settle } = world();
    told.newerReady = true;
    steersman.evaluate();
    settle();
    told.newerReady = false;
    steersman.evaluate();
    expect([told.phase, steersman.announcedPhase(), told.announced]).toEqual(['ready', 'ready', 2]);
  });

  it('stands by from the beginning when the newer one serves already', () => {
    const { told, steersman } = world({ phase: 'starting' });
    told.newerReady = true;
    expect(steersman.begin().kind).toBe('stand-by');
  });
});

describe('an instance that stands by', () => {
  const standingBy = () => {
    const made = world({ phase: 'starting' });
    made.told.newerReady = true;
    made.steersman.begin();
    made.told.phase = 'standby';
    return made;
  };

  it('is ready at once when the newer one is gone', () => {
    const { told, steersman } = standingBy();
    told.newerReady = false;
    steersman.evaluate();
    expect(told.phase).toBe('ready');
  });

  it('is ready at once when the store is lost, whatever it knew', () => {
    const { told, steersman } = standingBy();
    steersman.onStoreLost();
    expect(told.phase).toBe('ready');
  });

  it('stays where it is when it drains', () => {
    const { told, steersman } = standingBy();
    told.phase = 'draining';
    told.newerReady = false;
    steersman.evaluate();
    steersman.onStoreLost();
    expect(told.phase).toBe('draining');
  });
});

describe('an instance that wakes from a long sleep', () => {
  it('stands by, whatever it knows and whatever becomes of the store, until all is read again', () => {
    const { told, steersman, waitsMs } = world();
    steersman.onResumedAfterPause('slept');
    expect([told.phase, told.why]).toEqual(['standby', 'slept']);
    steersman.onStoreLost();
    steersman.evaluate();
    expect(told.phase).toBe('standby');
    steersman.onStoreRead();
    expect([told.phase, waitsMs()]).toEqual(['ready', undefined]);
  });

  it('goes on standing by when a newer one has taken over meanwhile', () => {
    const { told, steersman, waitsMs } = world();
    steersman.onResumedAfterPause('slept');
    told.newerReady = true;
    steersman.onStoreRead();
    expect([told.phase, waitsMs()]).toEqual(['standby', undefined]);
  });

  it('serves without the store when that stays away', () => {
    const { told, steersman, settle, waitsMs } = world();
    steersman.onResumedAfterPause('slept');
    expect(waitsMs()).toBe(5_000);
    settle();
    expect(told.phase).toBe('ready');
  });

  it('does not become ready by it while it drains', () => {
    const { told, steersman } = world({ phase: 'draining' });
    steersman.onResumedAfterPause('slept');
    expect(told.phase).toBe('draining');
  });
});
