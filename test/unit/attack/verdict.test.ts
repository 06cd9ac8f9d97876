import type { MeasuredAttack } from '../../../tools/attack/measuredAttack.ts';
import { stallIn } from '../../../tools/attack/stalls.ts';
import { attackTables } from '../../../tools/attack/table.ts';
import { problemsOf } from '../../../tools/attack/verdict.ts';

const heldOff: MeasuredAttack = {
  name: 'PING',
  group: 'floods',
  neighbour: {
    served: 500,
    failures: [],
    failed: 0,
    heldLost: 0,
    connectionsLost: 0,
    medianMs: 2.34,
    maxMs: 40,
  },
  attacker: { opened: 4, closed: 3, sentBytes: 1_000, problem: '' },
  stall: { ms: 30, cpuMs: 12 },
  memory: { before: 135, most: 150, after: 140 },
  descriptors: { before: 28, after: 28 },
  broken: '',
};
const changed = (changes: Partial<MeasuredAttack>): MeasuredAttack => ({ ...heldOff, ...changes });
const neighbour = (changes: Partial<MeasuredAttack['neighbour']>): MeasuredAttack =>
  changed({ neighbour: { ...heldOff.neighbour, ...changes } });

describe('an attack is held off', () => {
  it('when no other client notices it', () => {
    expect(problemsOf(heldOff, 'figures')).toEqual([]);
  });

  it.each<[string, MeasuredAttack, RegExp]>([
    ['the process ended', changed({ broken: 'the process ended' }), /^the process ended$/],
    ['the attack succeeded', changed({ attacker: { ...heldOff.attacker, problem: 'chosen' } }), /^chosen$/],
    ['a request failed', neighbour({ failed: 1, failures: ['status 14'] }), /^1 requests.*status 14$/],
    ['a held exchange was lost', neighbour({ heldLost: 2 }), /2 held exchanges failed/],
    ['a connection was lost', neighbour({ connectionsLost: 1 }), /1 connections of the neighbour/],
    ['nothing was served', neighbour({ served: 0 }), /no request/],
    ['descriptors stay open', changed({ descriptors: { before: 28, after: 40 } }), /40 descriptors/],
  ])('but not when %s', (_what, row, problem) => {
    for (const bound of ['counts', 'figures'] as const) {
      expect(problemsOf(row, bound)).toEqual([expect.stringMatching(problem)]);
    }
  });

  it.each<[string, MeasuredAttack, RegExp]>([
    ['a reply comes after message_timeout', neighbour({ maxMs: 250 }), /250 is Envoy's limit/],
    ['a turn is long', changed({ stall: { ms: 300, cpuMs: 201 } }), /201 ms in one turn/],
    ['memory grows', changed({ memory: { before: 100, most: 329, after: 100 } }), /329 MiB.*328/],
  ])('by its figures, but not when %s', (_what, row, problem) => {
    expect(problemsOf(row, 'figures')).toEqual([expect.stringMatching(problem)]);
    expect(problemsOf(row, 'counts')).toEqual([]);
  });
});

it('the stall is the longest since the attack began', () => {
  const text = '1000 500.0 400.0\n2000 30.0 12.0\n2100 20.0 15.0\n2200 1.';
  expect(stallIn(text, 1_500)).toEqual({ ms: 30, cpuMs: 15 });
  expect(stallIn('', 0)).toEqual({ ms: 0, cpuMs: 0 });
});

it('the table has a row for each attack', () => {
  expect(attackTables([heldOff, neighbour({ failed: 3 })])).toEqual([
    '### Floods',
    '',
    expect.stringMatching(/^\| attack \| median/),
    expect.stringMatching(/^\| --- \| --: /),
    '| PING | 2.3 | 40 | 0 of 500 | 30 (12) | 135, 150, 140 | 4 (3) | 28, 28 | yes |',
    '| PING | 2.3 | 40 | 3 of 503 | 30 (12) | 135, 150, 140 | 4 (3) | 28, 28 | **no** |',
    '',
  ]);
});
