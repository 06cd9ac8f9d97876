import { alternatesTo } from '../../../src/scheduling/alternates.ts';
import { candidatesFor } from '../../../src/scheduling/candidates.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { endpoints, loads } from '../../support/endpoints.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const ready = endpoints(3);

describe('the candidates of a request', () => {
  it('are all ready endpoints when nothing limits it', () => {
    expect(candidatesFor(ready, undefined)).toEqual({ kind: 'some', endpoints: ready });
  });

  it('are the ready ones of its subset', () => {
    const subset = ['10.0.0.3:8000', '10.9.9.9:8000'];
    expect(candidatesFor(ready, subset)).toEqual({ kind: 'some', endpoints: [ready[2]] });
  });

  it('are each there once, however often the subset names them', () => {
    const subset = ['10.0.0.1:8000', '10.0.0.1:8000'];
    expect(candidatesFor(ready, subset)).toEqual({ kind: 'some', endpoints: [ready[0]] });
  });

  it.each([[['10.9.9.9:8000']], [[]]])('are none when the subset is %j', (subset) => {
    expect(candidatesFor(ready, subset)).toEqual({ kind: 'none-in-subset' });
  });

  it('are none when nothing is ready, whatever the subset', () => {
    expect(candidatesFor([], ['10.0.0.1:8000'])).toEqual({ kind: 'none-ready' });
  });
});

describe('the alternates of a choice', () => {
  const chosen = ready[0] as Endpoint;

  it('are two others, the less loaded first', () => {
    const load = loads({ '10.0.0.2:8000': 9, '10.0.0.3:8000': 1 });
    expect(alternatesTo(chosen, ready, load, seededRandom(1))).toEqual([ready[2], ready[1]]);
  });

  it.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [50, 2],
  ])('of %i candidates are %i, distinct and never the chosen one', (count, expected) => {
    const candidates = endpoints(count);
    const first = candidates[0] as Endpoint;
    const random = seededRandom(3);
    for (let i = 0; i < 100; i += 1) {
      const alternates = alternatesTo(first, candidates, loads({}), random);
      expect(new Set(alternates).size).toBe(expected);
      expect(alternates).not.toContain(first);
    }
  });
});
