import { systemClock } from '../../../src/clock.ts';
import { Lifecycle } from '../../../src/instance/lifecycle.ts';
import { readinessOf } from '../../../src/instance/readiness.ts';
import { answersStreams, isFit, type Phase, takesTraffic } from '../../../src/phase.ts';

describe('the lifecycle of an instance', () => {
  it('reports each change to its listeners, with the reason', () => {
    const lifecycle = new Lifecycle(systemClock);
    const changes: unknown[] = [];
    const removeListener = lifecycle.onChange((change) => changes.push(change));
    lifecycle.moveTo('ready', 'startup complete');
    removeListener();
    lifecycle.moveTo('draining', 'SIGTERM received');
    expect(changes).toEqual([{ from: 'starting', to: 'ready', reason: 'startup complete' }]);
    expect(lifecycle.phase).toBe('draining');
  });

  it('knows how long its phase has lasted', () => {
    let nowMs = 1_000;
    const lifecycle = new Lifecycle({ nowMs: () => nowMs });
    expect(lifecycle.phaseAgeMs).toBe(Number.POSITIVE_INFINITY);
    lifecycle.moveTo('ready', 'test');
    nowMs += 250;
    expect(lifecycle.phaseAgeMs).toBe(250);
  });

  it.each<[Phase[], Phase]>([
    [['ready'], 'starting'],
    [['ready', 'draining'], 'ready'],
    [['stopped'], 'ready'],
  ])('refuses, after %j, the phase %s', (path, next) => {
    const lifecycle = new Lifecycle(systemClock);
    for (const phase of path) lifecycle.moveTo(phase, 'test');
    expect(() => lifecycle.moveTo(next, 'test')).toThrow('illegal move');
  });

  it.each<[Phase, boolean, boolean, boolean]>([
    ['starting', false, false, false],
    ['ready', true, true, true],
    ['standby', false, true, true],
    ['draining', false, false, true],
    ['stopped', false, false, false],
  ])('%s: takes traffic %s, is fit %s, answers %s', (phase, traffic, fit, answers) => {
    expect([takesTraffic(phase), isFit(phase), answersStreams(phase)]).toEqual([traffic, fit, answers]);
  });
});

describe('an instance that starts', () => {
  const complete = {
    listening: true,
    store: 'joined',
    storeWaitOver: false,
    endpointWaitOver: false,
    poolListed: true,
    endpointsKnown: 2,
    endpointsReady: 1,
  } as const;

  it('is ready when nothing is missing', () => {
    expect(readinessOf(complete)).toEqual({ ready: true, reasons: [] });
    expect(readinessOf({ ...complete, store: 'none' }).ready).toBe(true);
  });

  it('is ready without the store once the wait for it is over', () => {
    expect(readinessOf({ ...complete, store: 'joining' }).ready).toBe(false);
    expect(readinessOf({ ...complete, store: 'joining', storeWaitOver: true }).ready).toBe(true);
  });

  it('lists everything that is missing', () => {
    const nothing = {
      listening: false,
      store: 'joining',
      storeWaitOver: false,
      endpointWaitOver: false,
      poolListed: true,
      endpointsKnown: 0,
      endpointsReady: 0,
    };
    expect(readinessOf(nothing as Parameters<typeof readinessOf>[0]).reasons).toHaveLength(3);
    expect(readinessOf({ ...complete, endpointsReady: 0 }).reasons).toEqual([
      'none of 2 endpoints has passed its health probe',
    ]);
  });
});
