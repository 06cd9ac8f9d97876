import { Lifecycle } from '../../../src/instance/lifecycle.ts';
import { readinessOf } from '../../../src/instance/readiness.ts';
import { answersStreams, isFit, type Phase, takesTraffic } from '../../../src/phase.ts';

describe('the phases of an instance', () => {
  it('are told to those who listen, with the reason', () => {
    const lifecycle = new Lifecycle();
    const told: unknown[] = [];
    const stop = lifecycle.onChange((change) => told.push(change));
    lifecycle.moveTo('ready', 'all is there');
    stop();
    lifecycle.moveTo('draining', 'SIGTERM');
    expect(told).toEqual([{ from: 'starting', to: 'ready', reason: 'all is there' }]);
    expect(lifecycle.phase).toBe('draining');
  });

  it.each<[Phase[], Phase]>([
    [['ready'], 'starting'],
    [['ready', 'draining'], 'ready'],
    [['stopped'], 'ready'],
  ])('after %j refuse %s', (path, next) => {
    const lifecycle = new Lifecycle();
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
  const whole = {
    listening: true,
    store: 'joined',
    storeWaitOver: false,
    endpointsKnown: 2,
    endpointsReady: 1,
  } as const;

  it('is ready when it has everything', () => {
    expect(readinessOf(whole)).toEqual({ ready: true, reasons: [] });
    expect(readinessOf({ ...whole, store: 'none' }).ready).toBe(true);
  });

  it('goes without its store after having waited for it', () => {
    expect(readinessOf({ ...whole, store: 'joining' }).ready).toBe(false);
    expect(readinessOf({ ...whole, store: 'joining', storeWaitOver: true }).ready).toBe(true);
  });

  it('names everything it lacks', () => {
    const nothing = {
      listening: false,
      store: 'joining',
      storeWaitOver: false,
      endpointsKnown: 0,
      endpointsReady: 0,
    };
    expect(readinessOf(nothing as Parameters<typeof readinessOf>[0]).reasons).toHaveLength(3);
    expect(readinessOf({ ...whole, endpointsReady: 0 }).reasons).toEqual([
      'none of 2 endpoints has passed its health probe',
    ]);
  });
});
