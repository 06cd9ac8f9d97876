import type { Phase } from '../../../src/phase.ts';
import { excessConnections, healthOf, pickWorker } from '../../../src/workers/dispatch.ts';

const worker = (name: string, phase: Phase | undefined, serving: number) => ({ name, phase, serving });

describe('the health of a shared port', () => {
  it.each<[(Phase | undefined)[], boolean, { takesTraffic: boolean; isFit: boolean }]>([
    [['starting', 'starting'], false, { takesTraffic: false, isFit: false }],
    [['ready', undefined], false, { takesTraffic: true, isFit: true }],
    [['ready', 'standby'], false, { takesTraffic: true, isFit: true }],
    [['standby', 'standby'], false, { takesTraffic: false, isFit: true }],
    [['ready', 'ready'], true, { takesTraffic: false, isFit: false }],
    [[], false, { takesTraffic: false, isFit: false }],
  ])('with workers in %j, draining %j, is %j', (phases, isDraining, health) => {
    expect(healthOf(phases, isDraining)).toEqual(health);
  });
});

describe('the worker that takes a connection', () => {
  it('is the ready one that serves the fewest', () => {
    const workers = [worker('a', 'ready', 2), worker('b', 'ready', 1), worker('c', 'starting', 0)];
    expect(pickWorker(workers)).toMatchObject({ name: 'b' });
  });

  it.each<[Phase, Phase]>([
    ['standby', 'draining'],
    ['draining', 'starting'],
    ['starting', 'stopped'],
  ])('is one that is %s when all others are %s', (phase, worse) => {
    expect(pickWorker([worker('a', worse, 0), worker('b', phase, 9)])).toMatchObject({ name: 'b' });
  });

  it('is none when all are stopped or loading', () => {
    expect(pickWorker([])).toBeUndefined();
    expect(pickWorker([worker('a', 'stopped', 0), worker('b', undefined, 0)])).toBeUndefined();
  });
});

describe('excess connections', () => {
  it('are none while the workers differ by one', () => {
    expect(excessConnections([worker('a', 'ready', 2), worker('b', 'ready', 1)])).toEqual([]);
  });

  it('are shed one at a time by the worker that has more than a new one', () => {
    const [a, b] = [worker('a', 'ready', 4), worker('b', 'ready', 0)];
    expect(excessConnections([a, b])).toEqual([{ worker: a, count: 1 }]);
  });

  it('are none while the other worker is not fit', () => {
    expect(excessConnections([worker('a', 'ready', 4), worker('b', 'starting', 0)])).toEqual([]);
  });

  it('are all those of a starting worker, once another one is fit', () => {
    const [a, b] = [worker('a', 'ready', 0), worker('b', 'starting', 3)];
    expect(excessConnections([a, b])).toEqual([{ worker: b, count: 3 }]);
    expect(excessConnections([worker('a', 'starting', 0), b])).toEqual([]);
  });

  it('come to an end, whatever the first distribution', () => {
    const workers = [worker('a', 'ready', 9), worker('b', 'ready', 0), worker('c', 'ready', 4)];
    for (let steps = 0; excessConnections(workers).length > 0; steps += 1) {
      expect(steps).toBeLessThan(20);
      for (const { worker: from, count } of excessConnections(workers)) {
        from.serving -= count;
        for (let nth = 0; nth < count; nth += 1) (pickWorker(workers) ?? from).serving += 1;
      }
    }
    expect(workers.map(({ serving }) => serving).sort()).toEqual([4, 4, 5]);
  });
});
