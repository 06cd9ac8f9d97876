import type { Phase } from '../../../src/phase.ts';
import { excessConnections, healthOf, pickWorker } from '../../../src/workers/dispatch.ts';

const worker = (name: string, phase: Phase | undefined, serving: number) => ({ name, phase, serving });

describe('the health of a port that several workers share', () => {
  it.each<[(Phase | undefined)[], boolean, { takesTraffic: boolean; isFit: boolean }]>([
    [['starting', 'starting'], false, { takesTraffic: false, isFit: false }],
    [['ready', undefined], false, { takesTraffic: true, isFit: true }],
    [['ready', 'standby'], false, { takesTraffic: true, isFit: true }],
    [['standby', 'standby'], false, { takesTraffic: false, isFit: true }],
    [['ready', 'ready'], true, { takesTraffic: false, isFit: false }],
    [[], false, { takesTraffic: false, isFit: false }],
  ])('with workers that are %j, and leaving %j, is %j', (phases, isLeaving, health) => {
    expect(healthOf(phases, isLeaving)).toEqual(health);
  });
});

describe('who takes a connection', () => {
  it('is the ready worker that serves the fewest', () => {
    const workers = [worker('a', 'ready', 2), worker('b', 'ready', 1), worker('c', 'starting', 0)];
    expect(pickWorker(workers)).toMatchObject({ name: 'b' });
  });

  it.each<[Phase, Phase]>([
    ['standby', 'draining'],
    ['draining', 'starting'],
    ['starting', 'stopped'],
  ])('is one that is %s when there is no better than that and %s', (phase, worse) => {
    expect(pickWorker([worker('a', worse, 0), worker('b', phase, 9)])).toMatchObject({ name: 'b' });
  });

  it('is nobody when all are gone', () => {
    expect(pickWorker([])).toBeUndefined();
    expect(pickWorker([worker('a', 'stopped', 0), worker('b', undefined, 0)])).toBeUndefined();
  });
});

describe('connections that others should have', () => {
  it('are none while the workers differ by one', () => {
    expect(excessConnections([worker('a', 'ready', 2), worker('b', 'ready', 1)])).toEqual([]);
  });

  it('are let go one by one by the worker that has more than a new one', () => {
    const [a, b] = [worker('a', 'ready', 4), worker('b', 'ready', 0)];
    expect(excessConnections([a, b])).toEqual([{ sharer: a, count: 1 }]);
  });

  it('are not moved to a worker that is not fit yet', () => {
    expect(excessConnections([worker('a', 'ready', 4), worker('b', 'starting', 0)])).toEqual([]);
  });

  it('are all those of a worker that is still starting, once another is fit', () => {
    const [a, b] = [worker('a', 'ready', 0), worker('b', 'starting', 3)];
    expect(excessConnections([a, b])).toEqual([{ sharer: b, count: 3 }]);
    expect(excessConnections([worker('a', 'starting', 0), b])).toEqual([]);
  });

  it('settle, wherever they begin', () => {
    const workers = [worker('a', 'ready', 9), worker('b', 'ready', 0), worker('c', 'ready', 4)];
    for (let steps = 0; excessConnections(workers).length > 0; steps += 1) {
      expect(steps).toBeLessThan(20);
      for (const { sharer, count } of excessConnections(workers)) {
        sharer.serving -= count;
        for (let nth = 0; nth < count; nth += 1) (pickWorker(workers) ?? sharer).serving += 1;
      }
    }
    expect(workers.map(({ serving }) => serving).sort()).toEqual([4, 4, 5]);
  });
});
